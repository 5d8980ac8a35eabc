/**
 * Encrypts codes as Cognito does for whoever mails them: messages of the AWS Encryption SDK that do not commit to their
 * key, in Base64. The SDK is loaded with the first code.
 */
export function codeEncrypter(key: {
  arn: string;
  kmsUrl: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}): (code: string) => Promise<string> {
  const { arn, kmsUrl: endpoint, region, credentials } = key;
  const load = async () => {
    const { buildEncrypt, CommitmentPolicy, getClient, KMS, KmsKeyringNode } =
      await import('@aws-crypto/client-node');
    const { encrypt } = buildEncrypt(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT);
    const clientProvider = getClient(KMS, { endpoint, region, credentials });
    return { encrypt, keyring: new KmsKeyringNode({ generatorKeyId: arn, clientProvider }) };
  };
  let loaded: ReturnType<typeof load> | undefined;
  return async (code) => {
    const { encrypt, keyring } = await (loaded ??= load());
    return (await encrypt(keyring, code)).result.toString('base64');
  };
}
