import type { FastifyInstance } from 'fastify';
import type { MailControl } from './mail-control.ts';

/** The one call of SES's second API that functions make: it takes an address off the account's suppression list. */
export function serveSuppression(app: FastifyInstance, control: MailControl): void {
  app.delete<{ Params: { address: string } }>(
    '/v2/email/suppression/addresses/:address',
    (request, reply) => {
      const { address } = request.params;
      if (control.unsuppress(address)) return reply.send({});
      return reply
        .code(404)
        .header('x-amzn-errortype', 'NotFoundException')
        .send({ message: `Email address ${address} does not exist on your suppression list.` });
    },
  );
}
