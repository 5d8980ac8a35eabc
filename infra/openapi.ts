import { capabilities } from '../functions/routes.ts';
import { openApi } from '../shared/http/openapi.ts';

process.stdout.write(`${JSON.stringify(openApi(capabilities), null, 2)}\n`);
