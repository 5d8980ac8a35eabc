import PostalMime, { type Email } from 'postal-mime';
import type { InboundDependencies } from '../../../shared/inbound-mail/inbound-dependencies.ts';
import { inboundMailStore } from '../../../shared/mail/received/inbound-mail-store.ts';
import { payFromCredit } from '../../../shared/payments/pay-from-credit.ts';
import { fulfilPaidLines } from '../../../shared/renewals/fulfil-paid-lines.ts';
import type { RegistrarDependencies } from '../../../functions/registrar/submit-renewal.ts';
import { renewalStore } from '../../../shared/renewals/renewal-store.ts';
import type { JobDependencies, JobPart } from '../../../shared/renewals/run-renewals.ts';
import { applyPlannedChange } from '../../../shared/services/apply-product-change.ts';
import { orderStore } from '../../../shared/orders/order-store.ts';
import { domainPriceStore } from '../../../shared/domains/domain-price-store.ts';
import { domainStore } from '../../../shared/domains/domain-store.ts';
import { serviceStore } from '../../../shared/services/service-store.ts';
import { MemoryRegistrar } from './memory-registrar.ts';
import type { JanitorDependencies } from '../../../functions/payment-janitor/reconcile-payments.ts';
import {
  bankTransferGateway,
  creditGateway,
  gatewaysOf,
} from '../../../shared/payments/gateways/gateways.ts';
import { paymentStore } from '../../../shared/payments/payment-store.ts';
import { invoiceStore } from '../../../shared/invoices/invoice-store.ts';
import type { MailEventDependencies } from '../../../functions/mail-events/handle-mail-event.ts';
import { sentMessageStore } from '../../../shared/mail/delivery/sent-messages.ts';
import { outboxStore } from '../../../functions/outbox/outbox-store.ts';
import type { OutboxDependencies, Sent } from '../../../functions/outbox/run-task.ts';
import { ticketStore } from '../../../shared/tickets/ticket-store.ts';
import { deadAddressStore } from '../../../shared/mail/delivery/dead-addresses.ts';
import { readTemplate } from '../../../shared/mail/template-store.ts';
import { questionStore } from '../../../shared/mail/questions/question.ts';
import { threadStore } from '../../../shared/mail/threads.ts';
import { staffStore } from '../../../shared/accounts/staff/staff-store.ts';
import { peopleStore } from '../../../shared/accounts/people-store.ts';
import { readDepartments } from '../../../shared/settings/departments.ts';
import { sandboxRegistry } from '../../../functions/outbox/tax-id/sandbox-registry.ts';
import type { TaxIdRegistry } from '../../../shared/accounts/tax-id/tax-id-check.ts';
import { providerDay, readSettings } from '../../../shared/settings/settings.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { MemoryGateway } from './memory-gateway.ts';
import { MemoryTable } from '../../../shared/table/memory-table.ts';
import { creditNoteStore } from '../../../shared/invoices/credit-notes/credit-note-store.ts';
import type { DocumentRef } from '../../../shared/invoices/documents/document-task.ts';
import { makeDocument, type MakerDependencies } from '../../../functions/document-maker/make-document.ts';
import { MemoryFiles } from './memory-files.ts';

export interface SentMail extends Email {
  destinations: string[];
}

export const portalUrl = 'https://portal.test';
export const cursorKey = 'another key of the tests';
/** Where signed links lead. */
export const linkUrl = 'https://api.portal.test';
export const supportAddress = 'support@portal.test';

/** What everything of the portal works with, in memory: one table, and others who are played. */
export class MemoryDependencies {
  readonly table = new MemoryTable();
  readonly directory = new MemoryDirectory();
  readonly people = peopleStore(this.table);
  readonly staff = staffStore(this.table);
  readonly mails: SentMail[] = [];
  readonly files = new MemoryFiles();
  readonly gateway = new MemoryGateway();
  readonly registrar = new MemoryRegistrar();
  /** Parts of the renewals job that were handed on. */
  handedOn: JobPart[] = [];
  /** Documents that somebody asked for before they were printed. */
  readonly toPrint: DocumentRef[] = [];
  /** Task ids that the outbox was told of and has not run. */
  nudged: string[] = [];
  /** Addresses that were taken off the mail service's own list. */
  readonly unsuppressed: string[] = [];
  /** Who knows which tax ids exist. */
  taxIds: TaxIdRegistry = sandboxRegistry;
  now = new Date('2026-03-01T10:00:00Z');
  /** What SES says to the next mail. */
  ses: () => Sent | null = () => null;

  clock = () => this.now;

  printLater = async (document: DocumentRef): Promise<void> => {
    this.toPrint.push(document);
  };

  nudgeOutbox = async (ids: string[]): Promise<void> => {
    this.nudged.push(...ids);
  };

  /** Time stands still here but for whoever waits for the next second. */
  secondOver = async (): Promise<void> => this.advance(1);

  advance(seconds: number): void {
    this.now = new Date(this.now.getTime() + seconds * 1000);
  }

  outbox(): OutboxDependencies {
    const { table, people, staff, directory } = this;
    return {
      table,
      nudgeOutbox: this.nudgeOutbox,
      tasks: outboxStore(table),
      files: this.files,
      people,
      staff,
      threads: threadStore(table),
      directory,
      send: async ({ raw, destinations }) => {
        const said = this.ses();
        if (said) return said;
        this.mails.push({ ...(await PostalMime.parse(raw)), destinations });
        return { kind: 'sent', messageId: `<${this.mails.length}@eu-west-1.amazonses.com>` };
      },
      remind: async (id) => {
        this.nudged.push(id);
      },
      warn: () => {},
      ...this.provider(),
      deadAddresses: deadAddressStore(table),
      tickets: ticketStore(table),
      unsuppress: async (address) => {
        this.unsuppressed.push(address);
      },
      taxIds: this.taxIds,
      template: (name, language) => readTemplate(table, name, language),
      sender: { name: 'Annex', address: supportAddress },
      linkUrl,
      readCode: async (encrypted) => Buffer.from(encrypted, 'base64').toString(),
      clock: this.clock,
      secondOver: this.secondOver,
      printDocument: async (document) => makeDocument(this.documentMaker(), document, this.now),
      fulfil: fulfilPaidLines.bind(null, {
        ...this.things(),
        // The sweep finds what nobody was told of.
        tellRegistrar: async () => {},
      }),
    };
  }

  /** What prints documents: what would be printed is kept as JSON. */
  documentMaker(): MakerDependencies {
    return {
      ...this.billing(),
      creditNotes: creditNoteStore(this.table),
      files: this.files,
      print: async (document) => new TextEncoder().encode(JSON.stringify(document)),
    };
  }

  /** What events of the mail service are handled with. */
  mailEvents(): MailEventDependencies {
    const { table, people, nudgeOutbox } = this;
    return {
      table,
      people,
      nudgeOutbox,
      tickets: ticketStore(table),
      deadAddresses: deadAddressStore(table),
      sentMessages: sentMessageStore(table),
      messageIdOf: (id) => `<${id}@eu-west-1.amazonses.com>`,
      staffEmail: 'staff@provider.test',
      pause: async () => {},
    };
  }

  /** What both mail functions are told of the provider. */
  provider() {
    const { table } = this;
    return {
      portalUrl,
      supportAddress,
      providerName: 'Annex',
      settings: () => readSettings(table),
      departments: () => readDepartments(table, supportAddress),
      replyKeys: async () => ({ current: 'a', keys: { a: 'a key of the tests' } }),
    };
  }

  billing() {
    const { table, people, nudgeOutbox } = this;
    return {
      table,
      nudgeOutbox,
      people,
      portalUrl,
      providerName: 'Annex',
      invoices: invoiceStore(table),
      payments: paymentStore(table),
      settings: async () => (await readSettings(table)).settings,
      today: (now: Date) => providerDay(table, now),
    };
  }

  /** What payments and those who look after them work with. */
  payments(): JanitorDependencies {
    const instructions = async () => 'Sort code 00-00-00';
    return {
      ...this.billing(),
      staffEmail: 'staff@provider.test',
      gateways: gatewaysOf([this.gateway, bankTransferGateway(instructions), creditGateway]),
      warn: () => {},
      clock: this.clock,
    };
  }

  /** What domains, services and orders are kept with. */
  things() {
    const { table } = this;
    return {
      ...this.billing(),
      domains: domainStore(table),
      services: serviceStore(table),
      orders: orderStore(table),
      prices: domainPriceStore(table),
      renewals: renewalStore(table),
    };
  }

  /** What the job works with; what it hands on is kept in `handedOn`. */
  job(): JobDependencies {
    return {
      ...this.things(),
      payFromCredit: payFromCredit.bind(null, this.payments()),
      changeAsPlanned: applyPlannedChange.bind(null, this.things()),
      handOn: async (part) => {
        this.handedOn.push(part);
      },
      warn: (message, details) => {
        throw new Error(message, { cause: details['error'] });
      },
    };
  }

  registrarWork(): RegistrarDependencies {
    return { ...this.things(), registrar: this.registrar, staffEmail: 'staff@provider.test', warn: () => {} };
  }

  inbound(): InboundDependencies {
    const { table, people } = this;
    return {
      ...this.provider(),
      table,
      people,
      nudgeOutbox: this.nudgeOutbox,
      mails: inboundMailStore(table),
      tickets: ticketStore(table),
      threads: threadStore(table),
      questions: questionStore(table),
      deadAddresses: deadAddressStore(table),
      files: this.files,
      readObject: async (name) => this.files.objects.get(name)!,
      clock: this.clock,
    };
  }
}
