import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeHtml, html, raw } from './html.ts';

test('every interpolation into text is escaped', () => {
  assert.equal(
    html`<p>${'<script>alert("x")</script> & \'co\''}</p>`.markup,
    '<p>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;co&#39;</p>',
  );
});

test('a value cannot leave its quoted attribute', () => {
  const page = html`<input value="${'" autofocus onfocus="alert(1)'}">`.markup;
  assert.equal(page, '<input value="&quot; autofocus onfocus=&quot;alert(1)">');
});

test('nested html is kept as it is, once escaped and never twice', () => {
  const inner = html`<b>${'a & b'}</b>`;
  assert.equal(html`<p>${inner}</p>`.markup, '<p><b>a &amp; b</b></p>');
});

test('an object that only looks like Html is not trusted', () => {
  const lookalike = JSON.parse('["<img src=x>"]') as string[];
  assert.equal(html`${lookalike}`.markup, '&lt;img src=x&gt;');
});

test('lists are joined, and null, undefined and false print nothing', () => {
  assert.equal(
    html`<ul>${[html`<li>1</li>`, html`<li>${2n}</li>`]}</ul>`.markup,
    '<ul><li>1</li><li>2</li></ul>',
  );
  assert.equal(html`<p>${null}${undefined}${false}${0}</p>`.markup, '<p>0</p>');
});

test('raw markup is printed as it is', () => {
  assert.equal(html`${raw('<br>')}`.markup, '<br>');
});

test('indentation of the template is dropped, whitespace of values is kept', () => {
  assert.equal(
    html`<pre>
      ${'a\n    b'}</pre>`.markup,
    '<pre>\na\n    b</pre>',
  );
});

test('a NUL is replaced, since no HTML document can hold one', () => {
  assert.equal(escapeHtml('a\0b'), 'a\uFFFDb');
});
