// The two languages of the checkout.

import type { Locale } from '../../../ground/terms.ts';
import { en } from './en.ts';
import { type Texts, vi } from './vi.ts';

export type { Texts };

export const texts: Record<Locale, Texts> = { vi, en };
