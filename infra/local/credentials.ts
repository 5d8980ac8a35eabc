/** The only credentials that the local cloud knows: everything in it signs with them. */
export const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
