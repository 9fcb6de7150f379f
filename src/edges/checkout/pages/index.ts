// The pages of the checkout: a view model in, a whole HTML document out. Send each with `pageHeaders`.

export { codePage } from './code-page.ts';
export { confirmPage } from './confirm-page.ts';
export { errorPage, expiredAppPage, faultPage } from './error-page.ts';
export { processingPage } from './processing-page.ts';
export { refusalPage } from './refusal-page.ts';
export { resultPage } from './result-page.ts';
export { signInPage } from './sign-in-page.ts';
export type * from './view-models.ts';
export { refusalCodes } from './view-models.ts';
