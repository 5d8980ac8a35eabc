/** What a client of KMS is told beyond its environment. */
interface KmsConfig {
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/**
 * Reads the codes that Cognito encrypts for whoever mails them: messages of the AWS Encryption SDK under a key of KMS.
 * @param keyArn the key, and no other one
 * @param client where KMS is and by which credentials, if not where the environment says
 */
export function codeReader(keyArn: string, client: KmsConfig = {}): (encrypted: string) => Promise<string> {
  let reading: Promise<(encrypted: string) => Promise<string>> | undefined;
  return async (encrypted) => (await (reading ??= load(keyArn, client)))(encrypted);
}

/** The SDK is loaded with the first code: no other mail waits for it. */
async function load(keyArn: string, client: KmsConfig): Promise<(encrypted: string) => Promise<string>> {
  const { buildDecrypt, CommitmentPolicy, getClient, KMS, KmsKeyringNode } =
    await import('@aws-crypto/client-node');
  // Cognito's messages do not commit to their key.
  const { decrypt } = buildDecrypt(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT);
  const keyring = new KmsKeyringNode({ keyIds: [keyArn], clientProvider: getClient(KMS, client) });
  return async (encrypted) => {
    const { plaintext } = await decrypt(keyring, Buffer.from(encrypted, 'base64'));
    return plaintext.toString('utf8');
  };
}
