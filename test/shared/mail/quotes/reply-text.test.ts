import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { splitReply } from '../../../../shared/mail/quotes/reply-text.ts';

const attribution = 'On Mon, 2 Jan 2017 at 10:00, Jane Doe <jane@example.com> wrote:';
const body = (text: string): string => splitReply(text).body;
/** The lines of a table. */
const rows = (table: string): string[] => table.trim().split(/\n */);

describe('attributions', () => {
  const lines = `
    en    On Mon, Jan 2, 2017 at 10:00 AM, Jane Doe <jane@example.com> wrote:
    en    On Jan 2, 2017, at 10:00, Jane Doe <jane@example.com> wrote:
    en    On 02/01/2017 10:00, Jane Doe wrote:
    en    On Monday, January 2, 2017 at 10:00:00 AM UTC+1 Jane Doe wrote:
    Yahoo --- On Mon, 1/2/17, Jane Doe <jane@example.com> wrote:
    Zoho  ---- On Mon, 02 Jan 2017 10:00:00 +0100 Jane Doe <jane@example.com> wrote ----
    Lotus Jane Doe/Example wrote on 01/02/2017 10:00:00 AM:
    Lotus Jane Doe ---01/02/2017 10:00:00 AM---Dear all, the old text
    Horde Quoting Jane Doe <jane@example.com>:
    Gmail 2017-01-02 10:00 GMT+01:00 Jane Doe <jane@example.com>:
    Gmail 2017-01-02 10:00 GMT+01:00 Jane Doe
    Novell >>> Jane Doe <jane@example.com> 1/2/2017 10:00 AM >>>
    de    Am 02.01.2017 um 10:00 schrieb Jane Doe:
    de    Jane Doe <jane@example.com> schrieb am Mo., 2. Jan. 2017, 10:00:
    fr    Le lun. 2 janv. 2017 à 10:00, Jane Doe <jane@example.com> a écrit :
    fr    Le 02/01/2017 à 10:00, Jane Doe a écrit :
    es    El lun, 2 ene 2017 a las 10:00, Jane Doe (<jane@example.com>) escribió:
    it    Il giorno lun 2 gen 2017 alle ore 10:00 Jane Doe <jane@example.com> ha scritto:
    nl    Op ma 2 jan. 2017 om 10:00 schreef Jane Doe <jane@example.com>:
    nl    Op 2 jan. 2017 om 10:00 heeft Jane Doe <jane@example.com> het volgende geschreven:
    pl    pon., 2 sty 2017 o 10:00 Jane Doe <jane@example.com> napisał(a):
    pl    W dniu 02.01.2017 o 10:00, Jane Doe pisze:
    pt    Em seg., 2 de jan. de 2017 às 10:00, Jane Doe <jane@example.com> escreveu:
    pt    Jane Doe <jane@example.com> escreveu no dia segunda, 2/01/2017 à(s) 10:00:
    ru    пн, 2 янв. 2017 г. в 10:00, Jane Doe <jane@example.com>:
    ru    02.01.2017 10:00, Jane Doe пишет:
    sv    Den mån 2 jan. 2017 kl 10:00 skrev Jane Doe <jane@example.com>:
    da    Den man. 2. jan. 2017 kl. 10.00 skrev Jane Doe <jane@example.com>:
    no    man. 2. jan. 2017 kl. 10:00 skrev Jane Doe <jane@example.com>:
    fi    ma 2. tammik. 2017 klo 10.00 Jane Doe (jane@example.com) kirjoitti:
    cs    po 2. 1. 2017 v 10:00 odesílatel Jane Doe <jane@example.com> napsal:
    ja    2017年1月2日(月) 10:00 Jane Doe <jane@example.com>:
    ja    2017/01/02 10:00、Jane Doe <jane@example.com>のメール:
    zh    Jane Doe <jane@example.com> 于2017年1月2日周一 上午10:00写道：
    zh    在 2017-01-02 10:00:00，"Jane Doe" <jane@example.com> 写道：
    tr    Jane Doe <jane@example.com>, 2 Oca 2017 Pzt, 10:00 tarihinde şunu yazdı:`;
  const cases = rows(lines).map((line) => /^(\S+)\s+(.*)$/.exec(line)!.slice(1) as [string, string]);

  test.each(cases)('%s: %s', (_, line) => {
    expect(body(`New text.\n\n${line}\n\n> old text\n> more`)).toBe('New text.');
    expect(body(`New text.\n${line}\n> old text\n> more`)).toBe('New text.');
    expect(body(`New text.\n\n${line}\n\nold text without marks\nmore`)).toBe('New text.');
    expect(body(`${line}\n> old text\n\nNew text.`)).toBe('New text.');
    expect(splitReply(`New text.\n\n${line}\n> old`).quoted).toBe(`${line}\n> old`);
  });

  it('joins one that is wrapped', () => {
    expect(body('Yes.\nOn Mon, 2 Jan 2017 at 10:00, Jane Doe <\njane@example.com> wrote:\n> old')).toBe(
      'Yes.',
    );
    expect(body('Oui.\nLe 2 janv. 2017 10:00, "Jane"\n<jane@example.com>\na écrit :\n> old')).toBe('Oui.');
    expect(body('Ja.\nJane Doe <jane@example.com> schrieb am Mo., 2. Jan. 2017\num 10:00 Uhr:\n> alt')).toBe(
      'Ja.',
    );
    expect(
      body('Yes.\n02.01.2017 10:00 пользователь "jane@example.com" <\njane@example.com> написал:\n> old'),
    ).toBe('Yes.');
  });

  it('does not take the sentence above for a part of it', () => {
    expect(body('My address is on file.\nJane <jane@example.com> wrote:\n> old')).toBe(
      'My address is on file.',
    );
    expect(body('Hello there\n2017-01-02 10:00 Jane <jane@example.com> wrote:\n> old')).toBe('Hello there');
  });

  it('believes a bare name above a quote only', () => {
    expect(body('Yes.\n\nJane Doe wrote:\n> old')).toBe('Yes.');
    expect(body('Yes.\n\nyou wrote:\n> old')).toBe('Yes.');
    const kept = 'Hello.\n\nJane Doe wrote:\n\nit works\n\nIt does not.';
    expect(body(kept)).toBe(kept);
  });
});

describe('copied headers', () => {
  const blocks = `
    From: Jane <jane@example.com> | Sent: Monday, January 2, 2017 10:00 AM | To: Bob | Subject: RE: disk
    *From:* Jane | *Sent:* Monday | *To:* Bob | *Subject:* RE: disk
    From:  Jane/Example | To:  Bob/Example@EXAMPLE | Date:  01/02/2017 10:00 AM | Subject:  disk
    Date: Mon, 2 Jan 2017 | Subject: disk | From: jane@example.com | To: bob@example.com
    From: Jane <jane@example.com> | To: Bob <bob@example.com>, | Al <al@example.com> | Subject: a long one | Date: Monday
    From: Jane <jane@example.com> Sent: Monday, January 2, 2017 To: Bob Subject: RE: disk
    Von: Jane | Gesendet: Montag, 2. Januar 2017 10:00 | An: Bob | Betreff: AW: Platte
    De : Jane | Envoyé : lundi 2 janvier 2017 10:00 | À : Bob | Objet : RE: disque
    De: Jane | Enviado el: lunes, 2 de enero de 2017 10:00 | Para: Bob | Asunto: RE: disco
    Da: Jane | Inviato: lunedì 2 gennaio 2017 10:00 | A: Bob | Oggetto: R: disco
    Van: Jane | Verzonden: maandag 2 januari 2017 10:00 | Aan: Bob | Onderwerp: RE: schijf
    Od: Jane | Wysłano: poniedziałek, 2 stycznia 2017 10:00 | Do: Bob | Temat: RE: dysk
    De: Jane | Enviada em: segunda-feira, 2 de janeiro de 2017 10:00 | Para: Bob | Assunto: RES: disco
    От: Jane | Отправлено: 2 января 2017 г. 10:00 | Кому: Bob | Тема: RE: диск
    Från: Jane | Skickat: den 2 januari 2017 10:00 | Till: Bob | Ämne: SV: disk
    Fra: Jane | Sendt: 2. januar 2017 10:00 | Til: Bob | Emne: SV: disk
    Lähettäjä: Jane | Lähetetty: 2. tammikuuta 2017 10:00 | Vastaanottaja: Bob | Aihe: VS: levy
    Od: Jane | Odesláno: pondělí 2. ledna 2017 10:00 | Komu: Bob | Předmět: RE: disk
    差出人: Jane | 送信日時: 2017年1月2日 10:00 | 宛先: Bob | 件名: RE: ディスク
    发件人：Jane | 发送时间：2017年1月2日 10:00 | 收件人：Bob | 主　题：答复: 磁盘`;
  const cases = rows(blocks).map((line) => line.replaceAll(' | ', '\n'));

  test.each(cases)('%j', (block) => {
    expect(body(`New text.\n\n${block}\n\nold text\nmore`)).toBe('New text.');
    expect(body(`New text.\n\n________________________________\n${block}\n\nold text`)).toBe('New text.');
    const spaced = block.replaceAll('\n', '\n\n').replace(',\n', ',');
    expect(body(`New text.\n\n${spaced}\n\nold text`)).toBe('New text.');
    expect(body(`---------- Forwarded message ---------\n${block}\n\nThe forwarded text.`)).toBe(
      'The forwarded text.',
    );
  });

  it('keeps the answers below quotes that are marked', () => {
    const block = cases[0]!;
    expect(body(`See below.\n\n${block}\n\n> one?\nyes\n> two?`)).toContain('yes');
  });

  test.each([
    'Please move\n\nFrom: the old server\nTo: the new server\nDate: tomorrow\n\nThanks',
    'It bounces:\n\nReceived: by a\nFrom: a@b.example\nTo: c@d.example\nSubject: x\nDate: now\n\nWhy?',
    'It bounces:\n\nFrom: a@b.example\nTo: c@d.example\nSubject: x\nMessage-ID: <1@a>\n\nWhy?',
    'Open hours, please\n\nFrom: Monday\nTo: Friday\n\nThanks',
  ])('keeps what only looks like it: %j', (text) => {
    expect(body(text)).toBe(text);
  });
});

describe('separators', () => {
  const lines = `
    -----Original Message----- ; *-------- Original Message --------*
    -------- Original message --------From: Jane Date: 1/2/17 To: Bob
    ---------- Forwarded message --------- ; -----Ursprüngliche Nachricht-----
    -----Message d’origine----- ; -----Mensaje original----- ; -----Messaggio originale-----
    -----Oorspronkelijk bericht----- ; -----Wiadomość oryginalna----- ; -----Mensagem original-----
    -----Исходное сообщение----- ; -----Ursprungligt meddelande----- ; -----Oprindelig meddelelse-----
    -----Opprinnelig melding----- ; -----Alkuperäinen viesti----- ; -----Původní zpráva-----
    -----元のメッセージ----- ; ------------------ 原始邮件 ------------------
    ----- Forwarded by Jane Doe/Example on 01/02/2017 10:00 AM ----- ; Begin forwarded message:
    Anfang der weitergeleiteten Nachricht: ; ##- Please type your reply above this line -##
    -- Reply above this line -- ; Please reply above this line
    --- Bitte antworten Sie oberhalb dieser Zeile --- ; ___ Répondez au-dessus de cette ligne ___`;

  test.each(rows(lines).flatMap((row) => row.split(' ; ')))('%s', (line) => {
    expect(body(`New text.\n\n${line}\n\nold text`)).toBe('New text.');
    expect(body(`${line}\n\nWhat was forwarded.`)).toBe('What was forwarded.');
  });

  it('keeps a sentence that speaks of one', () => {
    const text = 'Do I have to reply above this line?\nI do not know.';
    expect(body(text)).toBe(text);
  });
});

describe('signatures and footers', () => {
  const lines = `
    Sent from my iPhone ; Sent from my Samsung Galaxy smartphone. ; Sent from Yahoo Mail on Android
    Sent from Mail<https://go.example.com/?id=5> for Windows
    Get Outlook for iOS<https://example.com/o> ; Von meinem iPhone gesendet
    Gesendet von Mail für Windows
    Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet. ; Envoyé de mon iPhone
    Enviado desde mi iPhone ; Inviato da iPhone ; Verstuurd vanaf mijn iPhone ; Wysłane z iPhone’a
    Enviado do meu iPhone ; Отправлено с iPhone ; Skickat från min iPhone ; Sendt fra min iPhone
    Lähetetty iPhonesta ; Odesláno z iPhonu ; iPhoneから送信 ; 发自我的iPhone ; Virus-free. www.example.com`;

  test.each(rows(lines).flatMap((row) => row.split(' ; ')))('%s', (line) => {
    expect(body(`New text.\n\n${line}`)).toBe('New text.');
    expect(body(`New text.\n\n${line}\n\n${attribution}\n> old`)).toBe('New text.');
  });

  test.each([
    '-- \nJane Doe\nExample Ltd, any number of questions?',
    '--\nBest regards\n\nJane',
    '_______________\nJane Doe, Example',
    '\n-----\nJane Doe\n+31 20 123 45 67',
    '\n***\n====\n~~~~\n___',
    '—\nJane',
  ])('cuts %j', (lines) => {
    expect(body(`New text.\n\n${lines}`)).toBe('New text.');
  });

  test.each([
    'Hello\n\n---\n\nPlease also check the second server.',
    'Hello\n--\nSecond topic: please renew my domain.\n\nThanks',
    'Hello\n\n______\n\nPlease also restart the second server.',
    'Title\n=====\n\nText\n\nOther\n-----\n\nMore',
    'It fails:\n\n--\n-- Table structure for table a\n--\n\nDROP TABLE a;\nHelp',
    'Hello\n\nSent from the new Outlook the mails do not arrive.\n\nBye',
    'Hello\nVon meinem Server kommt nichts an\nBob',
    'Hello\n\nOutlook voor Android synchroniseert niet\n\nBob',
  ])('keeps %j', (text) => {
    expect(body(text)).toBe(text);
  });

  it('keeps a postscript', () => {
    expect(body(`Hello\n-- \nJane\nP.S. Renew the domain.\n\n${attribution}\n> old`)).toBe(
      'Hello\nP.S. Renew the domain.',
    );
  });
});

describe('quotes', () => {
  it('keeps answers between quotes, and the quotes they answer', () => {
    const text = `See below.\n\n${attribution}\n> one?\n\nyes\n\n> two?\nno\n> bye\n-- \nJane`;
    const split = splitReply(text);
    expect(split.body).toBe('See below.\n\n> one?\n\nyes\n\n> two?\nno');
    expect(split.quoted).toBe(`${attribution}\n> bye\n-- \nJane`);
  });

  it('keeps what is written between an attribution and its quotes', () => {
    expect(body(`Hello\n\n${attribution}\n\nAnswers below.\n\n> one?\nyes`)).toContain('Answers below.');
    expect(body(`${attribution}\n\nAnswers below.\n\n> one?\nyes`)).toBe('Answers below.\n\n> one?\nyes');
  });

  it('keeps answers below a signature that stands on top', () => {
    expect(body(`-- \nJane\n\n${attribution}\n> one?\nyes`)).toBe('yes');
    expect(body(`Hello\n-- \nJane\n\n${attribution}\n> one?\nyes\n> two?\nno`)).toContain('yes\n> two?\nno');
  });

  it('keeps a quote that somebody put on top by hand', () => {
    expect(body('> a quote\n\nNew text.')).toBe('> a quote\n\nNew text.');
  });

  it('knows quotes with initials, names and bars, and no prompts', () => {
    expect(body('Yes.\n\nJD> one\nJD> two')).toBe('Yes.');
    expect(body(`Yes.\n\n${attribution}\nJane> one\nJane> two`)).toBe('Yes.');
    expect(body(`Yes.\n\n${attribution}\n| one\n| two`)).toBe('Yes.');
    for (const prompt of ['mysql> select 1;', 'SQL> select 1', 'Router> show version', '| 1 | 2 |']) {
      expect(body(`It fails:\n\n${prompt}\n${prompt}`)).toBe(`It fails:\n\n${prompt}\n${prompt}`);
    }
  });

  it('keeps a line that a mailbox has escaped', () => {
    expect(body('Hello\n>From here all is well.')).toBe('Hello\n>From here all is well.');
  });

  it('gives the whole text where nothing would be left', () => {
    for (const text of ['> one\n> two', `${attribution}\n> one`, 'Sent from my iPhone', '-- \nJane', '---']) {
      expect(splitReply(`\n${text}\n`)).toEqual({ body: text, quoted: '' });
    }
    expect(splitReply(' \n\n ')).toEqual({ body: '', quoted: '' });
  });

  it('keeps the form of the text and ends its lines in one way', () => {
    expect(body('\n\na\n\n    - b\n\n')).toBe('a\n\n    - b');
    expect(splitReply('a\r\n\r\nb\r\n> c\r\n> d\r\n')).toEqual({ body: 'a\n\nb', quoted: '> c\n> d' });
  });
});

const samples = `
  > a ; >> b ; >From c ; JD> d ; | e ; -- ; --- ; ____ ; *** ; Jane wrote: ; jane@example.com> wrote:
  On Mon, 2 Jan 2017 at 10:00, Jane < ; 2017-01-02 10:00 GMT+01:00 Jane ; Jane Doe ; why? ; P.S. f
  From: jane@example.com ; Sent: Monday ; To: Bob ; Subject: g ; Message-ID: <1@h> ; Sent from my iPhone
  -----Original Message----- ; Begin forwarded message: ; ## reply above this line ##`;

/** Lines of every kind, and characters without a meaning. */
const anyLine = fc.oneof(
  fc.constantFrom('', ' ', '\r', '-- ', attribution),
  fc.constantFrom(...rows(samples).flatMap((row) => row.split(' ; '))),
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 10 }),
);
const anyMail = fc.array(anyLine, { maxLength: 25 }).map((lines) => lines.join('\n'));
const word = fc.stringMatching(/^[a-zA-Z]{1,9}$/);
const sentence = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => `${words.join(' ')}.`);
const ordinary = fc
  .array(fc.oneof(sentence, fc.constant('')), { minLength: 1, maxLength: 12 })
  .map((lines) => lines.join('\n').trim())
  .filter((text) => text !== '');
const filled = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

describe('properties', () => {
  it('loses no line', () => {
    fc.assert(
      fc.property(anyMail, (text) => {
        const split = splitReply(text);
        expect([...filled(split.body), ...filled(split.quoted)].toSorted()).toEqual(filled(text).toSorted());
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws, and always leaves something', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(splitReply(text).body === '').toBe(text.trim() === '');
      }),
    );
  });

  it('leaves ordinary text alone, alone and above a quote', () => {
    fc.assert(
      fc.property(ordinary, (text) => {
        expect(splitReply(text)).toEqual({ body: text, quoted: '' });
        const reply = splitReply(`${text}\n\n${attribution}\n\n> old\n> text\n`);
        expect(reply.body).toBe(text);
        expect(splitReply(reply.body).body).toBe(reply.body);
      }),
    );
  });

  it('keeps every answer between quotes', () => {
    fc.assert(
      fc.property(fc.array(ordinary, { minLength: 1, maxLength: 6 }), (answers) => {
        const text = [
          attribution,
          ...answers.flatMap((answer) => ['> question', '', answer, '']),
          '> bye',
        ].join('\n');
        const kept = filled(splitReply(text).body);
        for (const line of answers.flatMap(filled)) expect(kept).toContain(line);
      }),
    );
  });
});

describe('hostile text', () => {
  const size = 1_000_000;
  const fill = (part: string): string => part.repeat(Math.ceil(size / part.length)).slice(0, size);
  test.each([
    '-',
    '>',
    '\n',
    ' ',
    '\t\n',
    'On ',
    'x',
    '> a\nb\n',
    'wrote:\n',
    `${attribution} `,
    `${attribution}\n\n`,
    ':',
    '<a@',
    'From: a\n',
    'From: a@b\nTo: c\n',
    'From: ',
    '--\na\n',
    '-- \n',
    '\n---\nJane Doe\n',
    '\n__\na\n',
    'A>\n',
    '- ',
    'Sent from my iPhone\n',
    '-----Original Message\n',
    'a\r\n',
    `${'<'.repeat(390)}:\n`,
    `${'x wrote '.repeat(49)}:\n`,
    '\u3000',
    'a\u0301',
    '\u200b\n',
    `Sent from ${') '.repeat(120)}a\n`,
    `a${' '.repeat(998)}\n`,
  ])('finishes with a megabyte of %j', (part) => {
    const text = fill(part);
    const split = splitReply(text);
    expect(split.body.length + split.quoted.length).toBeLessThanOrEqual(size);
    expect(split.body === '').toBe(text.trim() === '');
  });

  it('takes what is far down for written', () => {
    const text = `${'a\n'.repeat(200_000)}> the end`;
    expect(splitReply(text)).toEqual({ body: text, quoted: '' });
  });
});
