import { environment } from '../../shared/aws/environment.ts';
import { serve } from '../../shared/http/serve.ts';
import { inboundDependencies, inboundVariables } from '../inbound-mail/dependencies.ts';
import { mailInApi } from './api.ts';

const dependencies = inboundDependencies(environment(...inboundVariables));

export const handler = serve(dependencies, mailInApi(dependencies));
