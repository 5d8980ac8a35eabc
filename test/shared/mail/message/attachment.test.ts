import { describe, expect, test } from 'vitest';
import { isDangerous, judgedBytes, safeFileName } from '../../../../shared/mail/message/attachment.ts';

const none = new Uint8Array();
const stream = 'application/octet-stream';

describe('the name of a file', () => {
  test.each([
    ['report.pdf', 'report.pdf'],
    ['Übersicht “neu” 東京.csv', 'Übersicht “neu” 東京.csv'],
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\windows\\system.ini', 'system.ini'],
    ['C:\\Users\\me\\a.txt', 'a.txt'],
    ['a\r\nb\0c\u2028d.txt', 'a b c d.txt'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['a\u200b\u00adb.txt', 'ab.txt'],
    ['<a>:"b"|c?*.txt', '_a___b__c__.txt'],
    ['  a.txt . . ', 'a.txt'],
    ['.htaccess', '_htaccess'],
    ['CON.txt', '_CON.txt'],
    ['e\u0301.txt', 'é.txt'],
    ['\ud800a.txt', '\ufffda.txt'],
  ])('%j is kept as %j', (given, name) => {
    expect(safeFileName(given, stream)).toBe(name);
  });

  test.each([null, '', ' ', '..', '/', '...', '\u202e', 'a/'])('%j becomes one for its type', (given) => {
    expect(safeFileName(given, 'application/pdf')).toBe('document.pdf');
    expect(safeFileName(given, stream)).toBe('attachment');
  });

  test('is 150 characters at most and keeps its extension', () => {
    expect(safeFileName(`${'x'.repeat(5000)}.tar.gz`, stream)).toBe(`${'x'.repeat(147)}.gz`);
    expect(safeFileName(`a.${'x'.repeat(5000)}`, stream)).toHaveLength(150);
    expect(Array.from(safeFileName('🦊'.repeat(5000), stream))).toHaveLength(150);
  });
});

describe('dangerous is', () => {
  test.each([
    ...'exe EXE scr js jse vbs vbe bat cmd com ps1 jar msi lnk iso img html htm shtml svg hta wsf reg url'.split(
      ' ',
    ),
    ...'docm xlsm pptm dotm xlsb one chm cpl pif apk dmg vhd appx mht sh py'.split(' '),
  ])('a file that ends in .%s', (extension) => {
    expect(isDangerous(`file.${extension}`, stream, none)).toBe(true);
  });

  test.each([
    'invoice.pdf.exe',
    'invoice.exe.',
    'invoice.exe . .',
    'invoice.exe\u00a0',
    'invoice.pdf          .exe',
    'invoice.\u200bexe',
    'invoice.e\u00adxe',
    'invoice.ｅｘｅ',
    'invoice．exe',
    'invoice\u202efdp.exe',
    'invoice\u202exe.pdf',
    'invoice.exe\0.pdf',
    'invoice.exe\r\n.pdf',
    'invoice.exe:stream.pdf',
    'invoice.exe::$DATA',
    'invoice.exe;1.pdf',
    'folder.exe/invoice.pdf',
    '"invoice.exe"',
  ])('a file called %j', (name) => {
    expect(isDangerous(name, stream, none)).toBe(true);
  });

  test.each([
    'application/x-msdownload',
    'application/x-msdos-program',
    'text/javascript',
    'application/javascript',
    'text/html',
    'application/xhtml+xml',
    'image/svg+xml',
    'application/java-archive',
    'application/hta',
    'application/vnd.ms-excel.sheet.macroenabled.12',
    'application/x-sh',
    'application/x-iso9660-image',
  ])('a file of type %s', (type) => {
    expect(isDangerous('file.txt', type, none)).toBe(true);
    expect(isDangerous(null, type, none)).toBe(true);
  });

  test.each([
    ['a program for Windows', `MZ\x90\0${'\0'.repeat(100)}`],
    ['a program for Linux', '\x7fELF\x02'],
    ['a script', '#!/bin/sh\nrm -rf /'],
    ['a page', '\xef\xbb\xbf \n<!DOCTYPE html><script>'],
    ['a page without a head', '<html><body>'],
    ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg" onload="x">'],
    ['a shortcut', 'L\0\0\0\x01\x14\x02\0'],
    ['a program for a Mac', '\xca\xfe\xba\xbe\0\0\0\x02'],
    ['a program for Android', 'dex\n035\0'],
    ['a cabinet', 'MSCF\0\0\0\0\x10'],
    ['a disk image', 'vhdxfile\x10'],
    ['a notebook', '\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3'],
    ['a help file', 'ITSF\x03\0\0\0'],
    ['commands', '@echo off\r\ndel *'],
    ['an address to open', '[InternetShortcut]\r\nURL=file://x'],
    ['settings', 'Windows Registry Editor Version 5.00\r\n'],
    ['a drawing behind its prologue', '<?xml version="1.0"?>\n<!-- made --><svg onload="x">'],
    ['a page in 16 bits', Buffer.from('\ufeff<html>', 'utf16le').toString('latin1')],
    ['a page in 16 bits the other way', Buffer.from('\ufeff<html>', 'utf16le').swap16().toString('latin1')],
  ])('%s under any name', (_, content) => {
    expect(isDangerous('photo.jpg', 'image/jpeg', Buffer.from(content, 'latin1'))).toBe(true);
  });
});

describe('harmless is', () => {
  test.each([
    'photo.jpg',
    'report.pdf',
    'table.xlsx',
    'letter.docx',
    'letter.doc',
    'slides.pptx',
    'log.txt',
    'invoice.xml',
    'archive.zip',
    'backup.tar.gz',
    'example.com.zip',
    'www.example.com.pdf',
    'mail.eml',
    'invitation.ics',
    'key.pem',
    'page.php',
    'README',
    'exe',
    'the exe file',
  ])('a file called %s', (name) => {
    expect(isDangerous(name, stream, none)).toBe(false);
  });

  test('what only begins with the letters of a program', () => {
    expect(
      isDangerous(
        'note.txt',
        'text/plain',
        Buffer.from('MZ is short for Mark Zbikowski, whose letters begin programs'),
      ),
    ).toBe(false);
    expect(isDangerous('note.txt', 'text/plain', Buffer.from('# a heading\n<html> is a tag'))).toBe(false);
  });

  test.each([
    ['an invoice', '<?xml version="1.0"?>\n<Invoice><html/></Invoice>'],
    ['a text that names commands', 'First type @echo off, then wait.'],
    ['text in 16 bits', Buffer.from('\ufeffHello', 'utf16le').toString('latin1')],
    ['an old document of a word processor', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ])('%s', (_, content) => {
    expect(isDangerous('file.bin', stream, Buffer.from(content, 'latin1'))).toBe(false);
  });

  test('whatever comes behind the bytes that are judged, and nothing of a file is changed by judging', () => {
    const content = Buffer.from(`\ufeff${'a'.repeat(judgedBytes)}<html>`, 'utf16le').swap16();
    const before = Buffer.from(content);
    expect(isDangerous('file.bin', stream, content)).toBe(false);
    expect(content.equals(before)).toBe(true);
    expect(isDangerous('file.bin', stream, Buffer.from(`${' '.repeat(judgedBytes)}<html>`))).toBe(false);
    expect(isDangerous('file.bin', stream, Buffer.from(`${' '.repeat(judgedBytes - 7)}<html>`))).toBe(true);
  });

  test('a zip file, whatever is in it: it is never opened', () => {
    const bomb = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(1_000_000)]);
    expect(isDangerous('bomb.zip', 'application/zip', bomb)).toBe(false);
  });
});
