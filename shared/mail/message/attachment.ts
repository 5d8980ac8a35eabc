/** A file attached to a message. */
export interface Attachment {
  /** Safe to display and to store under: one line, no path, 150 characters at most. */
  fileName: string;
  contentType: string;
  content: Uint8Array;
  /** Without angle brackets, as HTML refers to it; null if there is none. */
  contentId: string | null;
  /** Displayed within the text rather than beside it. */
  inline: boolean;
  /** Of a type that may harm whoever opens it. */
  dangerous: boolean;
}

const longestName = 150;
const longestExtension = 20;

/** Invisible characters, and characters that change the writing direction. */
const invisible = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
const turnsDirection = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

const names: Record<string, string> = {
  'application/pdf': 'document.pdf',
  'application/zip': 'archive.zip',
  'image/gif': 'image.gif',
  'image/jpeg': 'image.jpg',
  'image/png': 'image.png',
  'image/webp': 'image.webp',
  'message/delivery-status': 'delivery-status.txt',
  'message/rfc822': 'message.eml',
  'text/calendar': 'invitation.ics',
  'text/csv': 'table.csv',
  'text/html': 'page.html',
  'text/plain': 'text.txt',
  'text/rfc822-headers': 'headers.txt',
};

/** A name that is safe to store a file under; a file without a usable name gets one for its type. */
export function safeFileName(given: string | null, contentType: string): string {
  const fallback = names[contentType] ?? 'attachment';
  const name = (given ?? '')
    .slice(0, 10_000)
    .toWellFormed()
    .normalize('NFC')
    .replace(new RegExp(control.source, 'gu'), ' ')
    .replace(invisible, '')
    .replace(/^.*[/\\]/s, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/\s+/g, ' ')
    .replace(/[. ]+$/, '')
    .trim()
    .replace(/^\.+/, '_');
  if (name === '' || /^[_ ]*$/.test(name)) return fallback;
  const usable = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(name) ? `_${name}` : name;
  return shortened(usable);
}

function shortened(name: string): string {
  const characters = Array.from(name);
  if (characters.length <= longestName) return name;
  const dot = characters.lastIndexOf('.');
  const extension = dot > 0 && characters.length - dot <= longestExtension ? characters.slice(dot) : [];
  const stem = characters
    .slice(0, longestName - extension.length)
    .join('')
    .trimEnd();
  return `${stem}${extension.join('')}`;
}

const dangerousExtensions = new Set(
  // Programs, installers, and files that run on a click.
  (
    'ade adp apk app application appref-ms appx appxbundle bas bat chm cmd com command cpl crx csh deb diagcab ' +
    'diagcfg diagpkg dll dmg ex_ exe gadget grp hlp hta htc inf ins ipa iqy isp isu jar jnlp js jse ksh lib ' +
    'library-ms lnk mda mde mdt mdw mdz mjs msc msh mshxml msi msix msixbundle msp mst msu nsh ocx oqy pif pkg ps1 ' +
    'ps1xml ps2 ps2xml psc1 psc2 psd1 psdm1 psm1 py pyc pyo pyw pyz pyzw rdp reg rgs rpm rqy run scf scr sct ' +
    'search-ms settingcontent-ms sh shb shs slk swf sys themepack url vb vbe vbp vbs vbscript vhd vhdx vsmacros ' +
    'vsto vxd webloc website workflow ws wsb wsc wsf wsh xbap xll xnk ' +
    // Disk images, which hide their content from every check.
    'cab ace img iso udf vmdk wim ' +
    // Pages, which run scripts with the rights of whoever opens them.
    'htm html mht mhtml shtm shtml svg svgz xht xhtm xhtml xsl xslt ' +
    // Documents with macros.
    'accda accdb accde accdr dochtml docm dothtml dotm one onepkg potm ppam ppsm pptm sldm xla xlam xlm xlsb xlsm xltm'
  ).split(' '),
);

const dangerousTypes =
  /(?:javascript|ecmascript|vbscript|x-ms-?dos|ms-?download|dosexec|x-executable|x-elf|x-mach-binary|portable-executable|x-sh$|shellscript|x-csh|x-bat|x-msi|ms-?installer|java-archive|java-jnlp|x-java|\/hta$|ms-shortcut|package-archive|apple-diskimage|iso9660|iso-image|raw-disk-image|macroenabled|macro-enabled|shockwave|x-python|xhtml|\/html$|svg|x-ms-application|onenote)/;

/** How much of a file's content is judged: whoever judges a stored file reads no more of it. */
export const judgedBytes = 1024;

/**
 * Whether a file may harm whoever opens it, judged by its name as any program would read it, its type, or its first
 * bytes: the one rule for mailed and for uploaded files. Archives are not opened: checking their content is left to the
 * reader's own protection.
 */
export function isDangerous(given: string | null, contentType: string, content: Uint8Array): boolean {
  if (dangerousTypes.test(contentType)) return true;
  const name = (given ?? '').slice(0, 10_000);
  if (turnsDirection.test(name)) return true;
  return hasDangerousExtension(name) || hasDangerousContent(content);
}

function hasDangerousExtension(given: string): boolean {
  const plain = given.toWellFormed().normalize('NFKC').replace(invisible, '').toLowerCase();
  // Programs disagree on where a name ends: some stop at a NUL, a colon, a line break or a semicolon.
  return plain.split(/[\u0000-\u001f\u007f-\u009f\u2028\u2029:;/\\]/).some((piece) => {
    const extension = /\.([^.]*)$/.exec(piece.replace(/[.\s"'_)\]]+$/, ''))?.[1]?.trim() ?? '';
    return dangerousExtensions.has(extension);
  });
}

/** As latin1 reads the first bytes. */
const signatures = [
  // Programs: ELF, Mach-O in both orders and for several machines, Java, Android, Flash.
  '\x7fELF',
  '\xcf\xfa\xed\xfe',
  '\xce\xfa\xed\xfe',
  '\xfe\xed\xfa\xcf',
  '\xfe\xed\xfa\xce',
  '\xca\xfe\xba\xbe',
  'dex\n0',
  // Shortcuts, and help files that run scripts.
  'L\0\0\0\x01\x14\x02\0',
  'ITSF\x03\0\0\0',
  // Cabinets and disk images, which open on a click and hide what is in them from every check.
  'MSCF\0\0\0\0',
  'MSWIM\0\0\0',
  'vhdxfile',
  'conectix',
  // OneNote, which holds files that it runs.
  '\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3',
];

/** Scripts, pages, drawings and settings that run on a click, by how their text begins. */
const dangerousText =
  /^\s*(?:#!\s*\/|@echo\s+off\b|\[InternetShortcut\]|Windows Registry Editor|REGEDIT4\b|(?:<(?:!--[^>]{0,200}--|\?xml[^>]{0,200}\?|!doctype svg[^>]{0,200})>\s*){0,3}<(?:!doctype html|html|head|body|script|svg|iframe|scriptlet|hta:application)\b)/i;

/** Recognises programs, images, shortcuts, scripts and pages, whatever their name. */
function hasDangerousContent(content: Uint8Array): boolean {
  const first = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, judgedBytes));
  const bytes = first.toString('latin1');
  if (signatures.some((signature) => bytes.startsWith(signature))) return true;
  if (bytes.startsWith('MZ') && bytes.slice(2, 64).includes('\0')) return true;
  return dangerousText.test(textOf(first));
}

/** The beginning of a text in whichever encoding its first bytes tell; what is no text is read as latin1. */
function textOf(first: Buffer): string {
  if (first[0] === 0xff && first[1] === 0xfe) return first.subarray(2).toString('utf16le');
  if (first[0] === 0xfe && first[1] === 0xff) {
    // A copy, as its bytes are swapped in place.
    return Buffer.from(first.subarray(2, first.length - (first.length % 2)))
      .swap16()
      .toString('utf16le');
  }
  const isMarked = first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf;
  return first.subarray(isMarked ? 3 : 0).toString('latin1');
}
