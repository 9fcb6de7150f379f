export { type Html, html, raw } from './html.ts';
export { chooseLocale } from './locale.ts';
export { createNonce, type PageRefresh, pageHeaders, renderPage, safeHref } from './page.ts';
