/**
 * Reads the codes that Cognito encrypts for whoever mails them: messages of the AWS Encryption SDK under a key of KMS.
 * @param keyArn the key, and no other one
 */
export function codeReader(keyArn: string): (encrypted: string) => Promise<string> {
  let reading: Promise<(encrypted: string) => Promise<string>> | undefined;
  return async (encrypted) => (await (reading ??= load(keyArn)))(encrypted);
}

/** The SDK is loaded with the first code: no other mail waits for it. */
async function load(keyArn: string): Promise<(encrypted: string) => Promise<string>> {
  const { buildDecrypt, CommitmentPolicy, KmsKeyringNode } = await import('@aws-crypto/client-node');
  // Cognito's messages do not commit to their key.
  const { decrypt } = buildDecrypt(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT);
  const keyring = new KmsKeyringNode({ keyIds: [keyArn] });
  return async (encrypted) => {
    const { plaintext } = await decrypt(keyring, Buffer.from(encrypted, 'base64'));
    return plaintext.toString('utf8');
  };
}
