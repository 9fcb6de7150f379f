// The refusals of this module. Each says what is wrong and what to do; a detail added to it names the fact.

export const merchantErrors = {
  site_not_found: 'There is no merchant site with this code.',
  merchant_not_found: 'There is no merchant with this id in this environment.',
  merchant_site_taken: 'Another site already has this code; choose another one.',
  merchant_site_malformed: 'A site code is 1 to 50 of letters, digits, _ . and -.',
  access_code_malformed: 'An access code is 1 to 50 of letters, digits, _ . and -.',
  name_malformed: 'A name has 1 to 100 characters that show, and no control characters.',
  secret_malformed: 'A secret has 1 to 200 printable characters and no | (it separates the hashed values).',
  secret_too_short: 'The secret of a live site has at least 16 characters.',
  not_for_this_protocol: 'This setting does not belong to the protocol of the site.',
  url_malformed:
    'Give an absolute http or https URL of at most 2048 characters, without credentials or fragment.',
  url_not_https: 'A live site needs https.',
  url_not_public: 'A live site needs an address that is reachable from outside.',
  url_holds_result_name:
    "The URL already holds a name that begins with vipay_, as the names of this site's results do.",
  return_schemes_malformed:
    'List at most 10 schemes of apps of your own, such as myshop; http and https need no listing, and schemes of the device or the browser (javascript, tel, search-ms …) can never be listed.',
  return_hosts_malformed:
    'List at most 50 host names without scheme, port or path; *.shop.example is every host below shop.example.',
  result_codes_malformed:
    'Give pairs such as 24=PAY-0028: a response code, and a word of 1 to 32 letters, digits, _ . - that no other code has.',
  merchant_public_key_malformed:
    'Give an RSA public key of 1024 bits or more as PEM, RSAKeyValue XML or JWK.',
  merchant_key_is_private:
    'This is a private key: give the public one, and make a new pair if this one was sent.',
  amount_bounds_malformed: 'The amount bounds are whole dong from 1 to 9999999999999, the lower one first.',
  fee_malformed:
    'Fee and VAT rates lie between 0 and 100 %, fee amounts are whole dong, the minimum below the maximum.',
  overlap_malformed: 'The overlap lies between 0 and 90 days.',
} as const;

export type MerchantErrorCode = keyof typeof merchantErrors;

/** `field` is the setting at fault (as in NewSite); `message` a sentence for the person who gave it. */
export type MerchantError = { code: MerchantErrorCode; field: string; message: string };

/** `fact` is put before the catalogue's sentence. */
export function merchantError(code: MerchantErrorCode, field: string, fact?: string): MerchantError {
  return {
    code,
    field,
    message: fact === undefined ? merchantErrors[code] : `${fact} ${merchantErrors[code]}`,
  };
}
