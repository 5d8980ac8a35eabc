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

/**
 * Whether a file may harm whoever opens it, judged by its name as any program would read it, its type, or its first
 * bytes. Archives are not opened: checking their content is left to the reader's own protection.
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

const signatures: readonly (readonly number[])[] = [
  [0x7f, 0x45, 0x4c, 0x46],
  [0xcf, 0xfa, 0xed, 0xfe],
  [0xce, 0xfa, 0xed, 0xfe],
  [0xca, 0xfe, 0xba, 0xbe],
  [0x4c, 0x00, 0x00, 0x00, 0x01, 0x14, 0x02, 0x00],
  [0x23, 0x21, 0x2f],
];

/** Recognises programs (MZ, ELF, Mach-O, Java), shortcuts, scripts and pages, whatever their name. */
function hasDangerousContent(content: Uint8Array): boolean {
  if (signatures.some((bytes) => bytes.every((byte, at) => content[at] === byte))) return true;
  const isProgram = content[0] === 0x4d && content[1] === 0x5a;
  if (isProgram) return content.subarray(2, 64).includes(0);
  const text = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 512)).toString(
    'latin1',
  );
  return /^(?:\u00ef\u00bb\u00bf)?\s*(?:<!--[^>]{0,200}-->\s*)?<(?:!doctype html|html|head|body|script|svg|iframe)\b/i.test(
    text,
  );
}
