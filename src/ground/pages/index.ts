export { type Html, html, raw } from './html.ts';
export { chooseLocale } from './locale.ts';
export { type Page, renderPage } from './page.ts';
export { type PageRefresh, pageHeaders, safeHref } from './page-headers.ts';
export { darkTokens, lightTokens, type Tokens } from './tokens.ts';
