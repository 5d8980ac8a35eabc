/**
 * Phrases that mail programs write around a quote: tables with one language per line, columns separated by `|`, phrases
 * by commas. Everything is in lower case and is compared with a line whose white space is collapsed. To add a
 * language, add a line to each table.
 */

/** The rows of a table; each row is a list of cells, each cell a list of phrases. */
function table(text: string): string[][][] {
  const rows = text.split('\n').filter((line) => line.trim() !== '');
  return rows.map((line) => line.split('|').map((cell) => list(cell)));
}

function list(text: string): string[] {
  const phrases = text.split(/[,\n]/).map((phrase) => phrase.trim());
  return phrases.filter((phrase) => phrase !== '');
}

export interface Attribution {
  /** The words that an attribution may begin with, before its date: prepositions and weekdays. */
  starts: string[];
  /** The words that follow or precede the author's name, such as "wrote". */
  verbs: string[];
}

/** "On Mon, 2 Jan 2017 at 10:00, Jane <jane@example.com> wrote:". Columns: language, starts, verbs. */
export const attributions: Attribution[] = table(`
  en | on, at, mon, monday, tue, tues, tuesday, wed, wednesday, thu, thurs, thursday, fri, friday, sat, saturday, sun, sunday | wrote, writes, has written, quoting
  de | am, mo, di, mi, do, fr, sa, so, montag, dienstag, mittwoch, donnerstag, freitag, samstag, sonntag | schrieb, schrieben, schreibt, geschrieben, zitat von, zitiere
  fr | le, lun, mar, mer, jeu, ven, sam, dim, lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche | a écrit, a ecrit, écrit, écrivit, a répondu
  es | el, lunes, martes, mié, miércoles, jue, jueves, vie, viernes, sáb, sábado, dom, domingo | escribió, escribio, ha escrito, escribe, citando a
  it | il, in, lunedì, martedì, mercoledì, giovedì, venerdì, sabato, domenica, gio | ha scritto, scrisse, scrive, citando
  nl | op, ma, wo, vr, za, zo, maandag, dinsdag, woensdag, donderdag, vrijdag, zaterdag, zondag | schreef, het volgende geschreven, heeft geschreven
  pl | w, dnia, dn, pon, wt, śr, czw, pt, sob, niedz, nd, poniedziałek, wtorek, środa, czwartek, piątek, sobota, niedziela | napisał, napisała, napisana przez, pisze
  pt | em, no, a, seg, ter, qua, qui, sex, segunda, terça, quarta, quinta, sexta | escreveu, escreveram
  ru | в, пн, вт, ср, чт, пт, сб, вс, понедельник, вторник, среда, четверг, пятница, суббота, воскресенье | написал, написала, написали, пишет, писал, писала, писали
  sv | den, på, mån, tis, ons, tors, tor, fre, lör, sön, måndag, tisdag, onsdag, torsdag, fredag, lördag, söndag | skrev, skriver
  da | d, man, tir, lør, søn, mandag, tirsdag, lørdag, søndag | skrev, skriver, citat af
  no | kl, den, på | skrev, skreiv, skriver
  fi | ke, to, pe, la, su, maanantai, tiistai, keskiviikko, torstai, perjantai, lauantai, sunnuntai | kirjoitti, kirjoittaa
  cs | dne, dňa, po, út, st, čt, pá, ne, pondělí, úterý, středa, čtvrtek, pátek, neděle | napsal, napsala, napísal, píše
  ja | | 書きました, が書いた, のメール, のメッセージ, 書いています
  zh | 在, 于, 於, 周一, 周二, 周三, 周四, 周五, 周六, 周日 | 写道, 寫道, 写了, 寫了, 写到
  ko | | 작성, 썼습니다, 님이 쓴
  tr | pzt, sal, çar, per, cum, cmt, paz | şunu yazdı, şunları yazdı, yazdı
  uk | у, нд | пише, написав, написала
  hu | | ezt írta, írta
  ro | în, pe, mie, joi, vin, dum | a scris
  el | στις, την, δευ, τρί, τετ, πέμ, παρ, σάβ, κυρ | έγραψε
  bg | на | написа
  vi | vào | đã viết
  id | pada | menulis
  he | בתאריך | כתב, כתבה, מאת
  ca | dl, dt, dc, dj, dv, ds, dg | va escriure
`).map(([, starts = [], verbs = []]) => ({ starts, verbs }));

export interface HeaderNames {
  from: string[];
  date: string[];
  to: string[];
  subject: string[];
  other: string[];
}

/** The headers that programs copy above a quoted mail. Columns: language, from, date, to, subject, others. */
export const headerNames: HeaderNames[] = table(`
  en | from, sender | date, sent, sent at, sent on | to | subject, subj | cc, bcc, reply-to, reply to, attachments, importance, priority, organization, sent by, please respond to, resent-from, resent-to
  de | von, absender | gesendet, gesendet am, datum | an, empfänger | betreff, betr | kopie, blindkopie, antwort an, antwort-an, anlagen, anhänge, priorität, wichtigkeit
  fr | de, expéditeur | envoyé, envoye, envoyé le, date | à, pour, destinataire | objet, sujet | copie, copie à, cci, répondre à, pièces jointes, pj
  es | de, remitente | enviado, enviado el, enviada, fecha | para, a, destinatario | asunto | cco, responder a, adjuntos, datos adjuntos
  it | da, mittente | inviato, inviata, inviato il, data | a, destinatario | oggetto | ccn, rispondi a, allegati
  nl | van, afzender | verzonden, verstuurd, datum | aan | onderwerp, betreft | antwoord aan, beantwoorden, bijlagen
  pl | od, nadawca | wysłano, wysłane, data, data wysłania | do, adresat | temat | dw, udw, do wiadomości, odpowiedz do, załączniki
  pt | de, remetente | enviado, enviada, enviado em, enviada em, data | para | assunto | responder para, responder a, anexos
  ru | от, от кого, отправитель | отправлено, дата, послано | кому, получатель | тема | копия, скрытая копия, вложения
  sv | från, avsändare | skickat, skickades, datum | till | ämne, rubrik | kopia, svar till, svara till, bifogade filer
  da | fra, afsender | sendt, dato | til | emne | kopi, svar til, vedhæftede filer
  no | fra, avsender | sendt, dato | til | emne | kopi, svar til, vedlegg
  fi | lähettäjä, keneltä | lähetetty, päiväys, päivämäärä, pvm | vastaanottaja, kenelle | aihe | kopio, vastausosoite, liitteet
  cs | od, odesílatel | odesláno, odoslané, datum, dátum | komu, pro, příjemce | předmět, predmet, věc | kopie, kópia, skrytá, přílohy
  ja | 差出人, 送信者, 送信元 | 送信日時, 日時, 日付, 送信日 | 宛先, 受信者, 送信先 | 件名, 題名 | 返信先, 添付ファイル
  zh | 发件人, 發件人, 寄件者, 寄件人 | 发送时间, 發送時間, 发送日期, 寄件日期, 傳送時間, 日期, 时间 | 收件人, 收件者 | 主题, 主題, 主旨, 标题 | 抄送, 抄送人, 副本, 附件, 密送
  ko | 보낸사람, 발신 | 보낸날짜, 날짜 | 받는사람, 수신 | 제목 | 참조
  tr | kimden, gönderen | gönderildi, gönderme tarihi, tarih | kime, alıcı | konu | bilgi
  uk | від, від кого | надіслано, дата | кому | тема | копія
  hu | feladó | küldve, elküldve, dátum | címzett | tárgy | másolat
  ro | de la | trimis, data | către, catre | subiect
  el | από | στάλθηκε, εστάλη, ημερομηνία | προς | θέμα | κοιν
  ca | de | enviat, data | per a | assumpte
`).map(([, from = [], date = [], to = [], subject = [], other = []]) => ({ from, date, to, subject, other }));

/** Headers that no program copies into a reply: they mean that somebody pasted the source of a mail on purpose. */
export const technicalHeaders: string[] = list(`
  received, received-spf, return-path, message-id, mime-version, content-type, content-transfer-encoding, delivered-to
  dkim-signature, authentication-results, arc-seal, in-reply-to, references, envelope-to, user-agent, x-mailer
  x-spam-status, x-originating-ip, list-unsubscribe
`);

/** Phrases between dashes above a quoted mail: "-----Original Message-----". */
export const separators: string[] = list(`
  original message, original email, original e-mail, original mail, original appointment, original
  forwarded message, forwarded mail, forwarded email, forward message, replied message, reply message
  ursprüngliche nachricht, ursprüngliche mail, originalnachricht, original-nachricht, originaltermin, weitergeleitete nachricht
  message d'origine, message d’origine, message original, message initial, message transféré, message réexpédié
  mensaje original, correo original, mensaje reenviado
  messaggio originale, messaggio originario, messaggio inoltrato
  oorspronkelijk bericht, oorspronkelijk e-mailbericht, origineel bericht, doorgestuurd bericht
  wiadomość oryginalna, oryginalna wiadomość, treść oryginalnej wiadomości
  wiadomość przekazana, przekazana wiadomość, treść przekazanej wiadomości
  mensagem original, mensagem encaminhada, mensagem reencaminhada
  исходное сообщение, исходное письмо, оригинальное сообщение, пересылаемое сообщение, пересланное сообщение
  ursprungligt meddelande, ursprungligt e-postmeddelande, originalmeddelande, vidarebefordrat meddelande
  oprindelig meddelelse, oprindelig besked, original besked, videresendt besked, videresendt meddelelse
  opprinnelig melding, original melding, videresendt melding
  alkuperäinen viesti, välitetty viesti, edelleenlähetetty viesti
  původní zpráva, původní e-mail, přeposlaná zpráva, pôvodná správa, preposlaná správa
  元のメッセージ, 元のメール, 元メール, オリジナルメッセージ, 転送メッセージ, 転送メール, 転送されたメッセージ
  原始邮件, 原始郵件, 原始信息, 原邮件, 回复的原邮件, 邮件原件, 转发的邮件, 转发邮件, 转发邮件信息, 轉寄郵件, 轉寄的郵件
  원본 메시지, 원본 메일, 전달된 메시지, özgün ileti, orijinal mesaj, iletilen mesaj, оригінальне повідомлення
  eredeti üzenet, továbbított üzenet, mesaj original, mesaj redirecționat, αρχικό μήνυμα, missatge original
`);

/** Phrases between dashes that are followed by a name and a date. */
export const separatorStarts: string[] = list(`
  forwarded by, weitergeleitet von, transféré par, réacheminé par, reenviado por, inoltrato da, doorgestuurd door
  przekazane przez, encaminhado por, переслал, vidarebefordrat av, videresendt af, videresendt av, přeposlal
`);

/** Phrases without dashes, on a line of their own with a colon. */
export const forwardOpenings: string[] = list(`
  begin forwarded message, anfang der weitergeleiteten nachricht, anfang der weitergeleiteten e-mail
  début du message réexpédié, début du message transféré, inicio del mensaje reenviado, inizio messaggio inoltrato
  begin doorgestuurd bericht, początek przekazywanej wiadomości, początek przekazanej wiadomości
  início da mensagem reencaminhada, início da mensagem encaminhada, начало переадресованного сообщения
  начало пересылаемого сообщения, vidarebefordrat brev, vidarebefordrat meddelande, start på videresendt besked
  videresendt besked, videresendt melding, start på videresendt melding, välitetty viesti alkaa, alkaa välitetty viesti
  začátek přeposílané zprávy, začátek přeposlané zprávy, 転送されたメッセージ, 下面是被转发的邮件, 以下是轉寄的郵件
`);

/** Phrases that help desks put at the top of their mail. */
export const replyAbove: string[] = list(`
  reply above this line, reply above the line, reply above here, reply-above-this-line, type your reply above
  write your reply above, enter your reply above, write above this line, type above this line, respond above this line
  oberhalb dieser zeile, oberhalb dieser linie, über dieser zeile, über dieser linie
  au-dessus de cette ligne, au dessus de cette ligne, encima de esta línea, arriba de esta línea
  sopra questa riga, sopra di questa riga, sopra questa linea, boven deze regel, boven deze lijn
  powyżej tej linii, nad tą linią, acima desta linha, acima dessa linha, выше этой строки, выше этой линии, над этой строкой
  ovanför denna rad, ovanför den här raden, over denne linje, over denne linjen, tämän rivin yläpuolelle
  nad tento řádek, nad tímto řádkem, この行より上, この線より上, 在此行上方, 在这行上方, 在此線上方
`);

export interface MobileFooter {
  /** The line begins with one of these; an empty list allows any beginning. */
  starts: string[];
  /** The line ends with one of these, ignoring a full stop and a link; an empty list allows any end. */
  ends: string[];
}

/** Lines that a phone or an app adds; each also names a device. Columns: language, starts, ends. */
export const mobileFooters: MobileFooter[] = table(`
  en | sent from, sent using, sent with, sent via, get outlook for, get bluemail for, download outlook for
  de | gesendet von, gesendet vom, gesendet mit, gesendet über, versendet von, verschickt mit, diese nachricht wurde von meinem, holen sie sich outlook für, laden sie outlook für
  de | von, vom, outlook für | gesendet, geschickt, verschickt, abrufen, herunterladen
  fr | envoyé de, envoyé à partir, envoyé depuis, envoyé avec, envoyé via, télécharger outlook pour, obtenez outlook pour, obtenir outlook pour
  es | enviado desde, enviado con, enviado de, obtener outlook para, obtén outlook para, descargar outlook para
  it | inviato da, inviato dal, inviato con, inviata da, ottieni outlook per, scarica outlook per
  nl | verstuurd vanaf, verstuurd met, verstuurd via, verzonden vanaf, verzonden met, verzonden via, download outlook voor
  nl | outlook voor | downloaden
  pl | wysłane z, wysłano z, wysłane przez, wysłane za pomocą, pobierz outlook dla, pobierz aplikację outlook, uzyskaj outlook dla
  pt | enviado do, enviado de, enviado pelo, enviado a partir, enviado via, obter o outlook para, obtenha o outlook para, baixar outlook para
  ru | отправлено с, отправлено из, отправлено через, отправлено от, отправлено со, отослано с, скачать outlook для, получить outlook для
  sv | skickat från, skickades från, skickat med, hämta outlook för, skaffa outlook för
  da | sendt fra, sendt via, sendt med, hent outlook til, få outlook til
  no | sendt fra, skaff deg outlook for, last ned outlook for
  fi | lähetetty, hanki outlook, lataa outlook
  cs | odesláno z, odesláno ze, odesláno pomocí, odoslané z, získat outlook pro, získejte outlook pro, stáhnout outlook pro
  ja | | から送信, から送信されました, から送信しました, を入手
  zh | 发自, 发送自, 發自, 從我的, 从我的, 傳送自, 寄自, 來自我的, 来自我的, 获取 outlook, 獲取 outlook, 下载 outlook, 下載 outlook
  ko | | 에서 보냄, outlook 다운로드
  tr | | gönderildi
  uk | надіслано з, відправлено з
`).map(([, starts = [], ends = []]) => ({ starts, ends }));

/** Beginnings of the names of devices and apps. */
export const devices: string[] = list(`
  iphon, ipad, ipod, ios, android, samsung, galaxy, blackberry, windows, outlook, yahoo, gmail, huawei, xiaomi, redmi
  oneplus, pixel, nokia, moto, sony, xperia, htc, lg, oppo, vivo, realme, honor, fairphone, gmx, web.de, telekom, proton
  thunderbird, bluemail, blue mail, k-9, spark, airmail, sparrow, superhuman, mailbird, mailspring, aquamail, aqua mail
  mymail, fastmail, polymail, mailtrack, typeapp, boxer, unibox, zoho, aol, tutanota, fairemail, mobiel, mail for
  mail app, mail-app, mailapp, mail.ru, yandex, яндекс, почт, мобильн, телефон, phone, smartphone, smarttelefon, mobile
  mobil, handy, tablet, móvil, celular, cellulare, téléphone, telefoon, telefon, teléfono, puhelim, 手机, 手機, スマートフォン, qq
`);

/** Beginnings of other lines that programs add. */
export const appendedLines: string[] = list(`
  virus-free. www, virenfrei. www, libre de virus. www, garanti sans virus. www, sans virus. www, virusvrij. www
  sent from my android device with k-9, envoyé de mon appareil android avec k-9, diese nachricht wurde von meinem android
  livre de vírus. www, mail priva di virus. www, this email has been checked for viruses by
  diese e-mail wurde von avast, you received this message because you are subscribed to
`);

// Comparison of one line with the tables. The lines have been cut to a fixed length.

/** Scripts without spaces between words. */
const unspaced = /[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]/;

/** Phrases as they are searched in the result of `spaced`: with a space before, and one after unless `open`. */
function wholeWords(phrases: string[], open = false): string[] {
  const longestFirst = [...new Set(phrases)].sort((a, b) => b.length - a.length);
  return longestFirst.map((phrase) => (unspaced.test(phrase) ? phrase : ` ${phrase}${open ? '' : ' '}`));
}

/** The line in lower case with spaces for punctuation; each character is one place further than in the line. */
function spaced(line: string): string {
  return ` ${line.toLowerCase().replace(/[\s"'<>()[\]*_:\uff1a,;.\u2026\uff0c/]/g, ' ')} `;
}

/** A test whether a line begins with one of the phrases, which are indexed by their first two characters. */
function beginsWith(phrases: string[]): (line: string) => boolean {
  const byPrefix = new Map<string, string[]>();
  for (const phrase of phrases) {
    const prefix = phrase.slice(0, 2);
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), phrase]);
  }
  return (line) => byPrefix.get(line.slice(0, 2))?.some((phrase) => line.startsWith(phrase)) ?? false;
}

const verbs = wholeWords(attributions.flatMap((row) => row.verbs));
const starts = new Set(attributions.flatMap((row) => row.starts));
const day = /(?:19|20)\d\d(?!\d)|\d{1,4}[-/.年] ?\d{1,2}[-/.月] ?\d{1,4}/;
const hour = /\d\d?[:.h時时点]\d\d/;
const isDated = (line: string): boolean => day.test(line) || hour.test(line);
const address = /<[^<>@]{0,160}@[^<>@]{0,160}>|\[mailto:|\([^()\s@]{1,160}@[^()\s@]{1,160}\)/;
const endsInColon = /[:\uff1a][*_\s\]]*$/;
/** Zoho: "---- On Mon, 2 Jan 2017 10:00 Jane wrote ----". */
const inDashes = /^-{2}.*-{2}$/;
/** The attribution of an old Gmail, without a verb: "2016-03-03 17:21 GMT+01:00 Jane". */
const bareDate = /^\d{4}-\d\d-\d\d \d\d?:\d\d GMT[+-]\d\d?:\d\d \S.{0,100}$/;
/** "Jane Doe ---01/02/2017 10:00:00 AM---Dear …": Lotus Notes. */
const lotusDate = /^[^-]{0,100}---\s?\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4} \d{1,2}[:.]\d\d[^-]{0,12}---/;

/** How certain it is that a line, or some joined lines, are an attribution. */
export type Certainty = 'begins' | 'sure' | 'above-quote' | 'no';

/**
 * `begins`: a typical opening word, a date, and a verb or an address. `sure`: an address or a date next to the verb, in
 * any order. `above-quote`: a name and a verb, which counts only directly above a quote.
 */
export function attributionCertainty(joined: string): Certainty {
  const line = joined.replace(/^[^\p{L}\p{N}<]+/u, '');
  if (bareDate.test(line) || lotusDate.test(line)) return 'sure';
  const colon = endsInColon.test(line) || inDashes.test(joined);
  const words = spaced(line);
  const verb = verbs.find((phrase) => words.includes(phrase));
  if (!verb && !colon) return 'no';
  const first = /^\p{L}+/u.exec(line)?.[0].toLowerCase();
  const opens = (first === undefined || starts.has(first)) && /^\D{0,30}\d/.test(line);
  const addressed = address.exec(line);
  if (!verb) return opens && addressed && isDated(line) ? opening(first) : 'no';
  const verbAt = words.indexOf(verb);
  const [before, after] = [line.slice(0, verbAt), line.slice(verbAt + verb.trim().length)];
  const lowerCaseWords = countLowerCaseWords(before.split(/\d/).at(-1) ?? '') + countLowerCaseWords(after);
  if (opens && (addressed ? isDated(line) && lowerCaseWords <= 4 : day.test(line) && lowerCaseWords <= 1))
    return opening(first);
  if (!colon) return 'no';
  if (addressed && countLowerCaseWords(line.slice(0, addressed.index)) <= 4) return 'sure';
  if (countLowerCaseWords(before) === 0 && /^\D{0,20}\d/.test(after) && isDated(after)) return 'sure';
  const named = before.split(' ').length <= 6 && countLowerCaseWords(before) === 0;
  return named || (opens && lowerCaseWords <= 4) || pronouns.has(before.trim().toLowerCase())
    ? 'above-quote'
    : 'no';
}

const pronouns = new Set(['you', 'du', 'sie', 'vous', 'usted', 'tu', 'u', 'вы']);

const opening = (first: string | undefined): Certainty => (first === undefined ? 'sure' : 'begins');

/** How many words are in lower case: few in a name, many in a sentence. */
export function countLowerCaseWords(part: string): number {
  return part.split(' ').filter((word) => /^\p{Ll}+[,;]?$/u.test(word)).length;
}

/** Whether the line ends like an attribution, so that it is worth checking together with the lines above it. */
export function mayEndAttribution(line: string, endsParagraph: boolean, aboveQuote: boolean): boolean {
  if (endsInColon.test(line) || inDashes.test(line) || (line.includes('---') && lotusDate.test(line)))
    return true;
  const endsInVerb = aboveQuote && lastVerbs.has(line.slice(line.lastIndexOf(' ') + 1));
  return endsInVerb || (endsParagraph && bareDate.test(line));
}

const lastVerbs = new Set(
  attributions.flatMap((row) => row.verbs.map((verb) => verb.split(' ').at(-1) ?? '')),
);

/** Whether the line above has what the attribution lacks: a date, an address, or the name in front of an address. */
export function completes(above: string, joined: string): boolean {
  if (joined.startsWith('<') || above.endsWith('<')) return true;
  if (above.includes('@')) return !joined.includes('@');
  return /^\d/.test(above) && isDated(above) && !isDated(joined);
}

/** Whether the line ends a sentence; a wrapped attribution does not break there. */
export function endsSentence(line: string): boolean {
  return /[!?;:…]$|\p{L}{5}\.$/u.test(line);
}

const separatorSet = new Set(separators);
const openingSet = new Set(forwardOpenings);
const asksToReplyAbove = beginsWith(replyAbove.flatMap((phrase) => [phrase, `please ${phrase}`]));
const decoration = '-_=*~#>+<[(—–';

/** "-----Original Message-----", "Begin forwarded message:", "## Reply above this line ##". */
export function isSeparator(line: string): boolean {
  const lower = line.slice(0, 300).toLowerCase();
  if (!decoration.includes(lower[0] ?? ' ')) {
    return asksToReplyAbove(lower) || (endsInColon.test(lower) && openingSet.has(withoutColon(lower)));
  }
  const rest = lower.replace(/^[-_=*~#>+<[(—–\s]+/, '');
  if (openingSet.has(withoutColon(rest)) || replyAbove.some((phrase) => rest.includes(phrase))) return true;
  const end = rest.search(/[-_=*~#—–]{2}/);
  if (end < 0 || lower.length - rest.length < 2) return false;
  const core = withoutColon(rest.slice(0, end).trim());
  return separatorSet.has(core) || separatorStarts.some((start) => core.startsWith(`${start} `));
}

function withoutColon(line: string): string {
  return line.replace(endsInColon, '').trim();
}

export const Header = { from: 1, date: 2, to: 4, subject: 8, other: 16, technical: 32 } as const;
const headerKinds = new Map<string, number>();
for (const name of technicalHeaders) headerKinds.set(name, Header.technical);
for (const part of ['other', 'from', 'date', 'to', 'subject'] as const) {
  for (const name of headerNames.flatMap((row) => row[part])) headerKinds.set(name, Header[part]);
}

/** The header in a line, by the name in front of its first colon ("*Betreff:* …"); 0 if there is none. */
export function headerIn(line: string): number {
  const colon = line.slice(0, 40).search(/[:\uff1a]/);
  if (colon < 1) return 0;
  const name = line.slice(0, colon).replace(/[*_|]/g, '').trim().toLowerCase();
  return (
    headerKinds.get(unspaced.test(name) ? name.replace(/\s/g, '') : name) ??
    (name.startsWith('x-') ? Header.technical : 0)
  );
}

/** All headers in a line that begins with one: some programs put the block on a single line. */
export function headersIn(line: string): number {
  let kinds = headerIn(line);
  const parts = line.split(/[:\uff1a]/, 40);
  for (const part of kinds === Header.from ? parts.slice(1, -1) : []) {
    const name = /[^\s*_]+$/.exec(part.slice(-30).trimEnd())?.[0] ?? '';
    kinds |= headerKinds.get(name.toLowerCase()) ?? 0;
  }
  return kinds & ~Header.technical;
}

const deviceWords = wholeWords(devices, true);
const startsFooter = beginsWith([...mobileFooters.flatMap((row) => row.starts), ...appendedLines]);
const withoutLead = (line: string): string => line.replace(/^[-–—_*<([\s]+/, '');
const footerEnds = mobileFooters.filter((row) => row.starts.length === 0).flatMap((row) => row.ends);

/** A cheap check whether a line is worth passing to `isFooter`. */
export function mayBeFooter(line: string): boolean {
  if (line.length > 300) return false;
  const lower = line.toLowerCase();
  return startsFooter(withoutLead(lower)) || footerEnds.some((end) => lower.includes(end));
}

/** Whether the whole line is like "Sent from my iPhone"; in a paragraph of its own (`alone`) it may be longer. */
export function isFooter(line: string, alone: boolean): boolean {
  const lower = line.toLowerCase();
  if (appendedLines.some((start) => lower.startsWith(start))) return true;
  const bare = lower.replace(/<[^<>]*>|\[[^[\]]*\]|\(?https?:\/\/\S+/g, '');
  const core = withoutClosing(withoutLead(bare));
  const words = core.split(' ').length;
  if (core.length > 120 || core.includes('?')) return false;
  if (words > (alone ? 12 : 6) || countLowerCaseWords(line) > (alone ? 5 : 3)) return false;
  const matches = ({ starts: firsts, ends: lasts }: MobileFooter): boolean =>
    (firsts.length === 0 ? core.length <= 40 : firsts.some((start) => core.startsWith(start))) &&
    (lasts.length === 0 || (words <= 7 && lasts.some((end) => core.endsWith(end))));
  if (!mobileFooters.some(matches)) return false;
  const spacedCore = spaced(core);
  return deviceWords.some((name) => spacedCore.includes(unspaced.test(core) ? name.trim() : name));
}

function withoutClosing(text: string): string {
  let end = text.length;
  while (end > 0 && ' .!)>]*_'.includes(text[end - 1] ?? '')) end--;
  return text.slice(0, end);
}
