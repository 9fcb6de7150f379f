import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type EntranceApp, startEntranceApp } from '../../../tests/support/entrance-app.ts';
import { problems } from '../../ground/http/index.ts';

let at: EntranceApp;
before(async () => {
  at = await startEntranceApp();
});
after(() => at.close());

test('every problem has its page in each language: words in that language, members as the answer holds them', async () => {
  for (const [slug, { title, code }] of Object.entries(problems)) {
    const read = async (lang: string) => (await at.app.inject(`/docs/problems/${slug}?lang=${lang}`)).body;
    const [vi, en] = [await read('vi'), await read('en')];
    for (const page of [vi, en]) {
      assert.ok(page.includes(`<code>${slug}</code>`), slug);
      assert.ok(page.includes(`<code lang="en">${title}</code>`), slug);
      assert.ok(page.includes(`<code>${code}</code>`), slug);
    }
    // What stands outside of the members is of one language.
    const words = (page: string) =>
      page.replace(/<(code|style|header|title)[\s\S]*?<\/\1>/g, '').replace(/<[^>]+>/g, ' ');
    assert.doesNotMatch(words(en), /[ăâđêôơưạảấầ]/i, slug);
    assert.doesNotMatch(words(vi), /\b(?:the|this|that|with|not)\b/i, slug);
  }
});
