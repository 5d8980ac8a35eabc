import { environment } from '../../shared/aws/lambda/environment.ts';
import { lambdaApi } from '../../shared/aws/lambda/lambda-api.ts';
import { inboundDependencies, inboundVariables } from '../../shared/aws/lambda/inbound-mail-dependencies.ts';
import { mailInApi } from './api.ts';

const dependencies = inboundDependencies(environment(...inboundVariables));

export const handler = lambdaApi(dependencies.table, mailInApi(dependencies));
