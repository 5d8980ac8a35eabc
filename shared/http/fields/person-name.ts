import { faultOfName } from '../../core/plain-name.ts';
import { faultless } from '../schemas.ts';

/** A name that appears in the portal's own mails: it must neither deceive the eye nor lead anywhere. */
export const personName = faultless(120, faultOfName);
