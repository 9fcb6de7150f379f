-- Why: merchants, their sites (points of acceptance) and the keys of each site.
-- Old code: none. Locks: nothing, the tables are new.

create table merchants (
  id uuid not null,
  environment text not null,
  name text not null,
  status text not null default 'active',
  created_at timestamptz not null,
  constraint merchants_pkey primary key (id),
  constraint merchants_environment_known check (environment in ('sandbox', 'live')),
  constraint merchants_status_known check (status in ('active', 'suspended'))
);

create table merchant_sites (
  -- The code a merchant writes as merchant_site: opaque text, one for both environments.
  merchant_site text not null,
  merchant_id uuid not null,
  environment text not null,
  name text not null,
  protocol text not null,
  status text not null default 'active',
  -- Classic versions are opt-in and can be switched off without suspending the site.
  protocol_enabled boolean not null default true,
  access_code text not null,
  amount_unit text not null default 'hundredths',
  return_url text,
  notify_url text,
  credit_account_kind text not null default 'merchant_suspense',
  credit_account_id uuid not null,
  amount_min_dong bigint not null default 1,
  amount_max_dong bigint not null default 9999999999999,
  fee_rate_ppm bigint not null default 0,
  fee_fixed_dong bigint not null default 0,
  fee_min_dong bigint not null default 0,
  fee_max_dong bigint,
  vat_rate_ppm bigint not null default 0,
  created_at timestamptz not null,
  constraint merchant_sites_pkey primary key (merchant_site),
  constraint merchant_sites_merchant foreign key (merchant_id) references merchants (id),
  constraint merchant_sites_credit_account foreign key (credit_account_id) references accounts (id),
  constraint merchant_sites_code_format check (merchant_site ~ '^[A-Za-z0-9_.-]{1,50}$'),
  constraint merchant_sites_environment_known check (environment in ('sandbox', 'live')),
  constraint merchant_sites_protocol_known check (protocol in ('classic-v1', 'classic-v2', 'rest')),
  constraint merchant_sites_status_known check (status in ('active', 'suspended')),
  constraint merchant_sites_amount_unit_known check (amount_unit in ('hundredths', 'dong')),
  constraint merchant_sites_credit_kind_known check (credit_account_kind in ('merchant_suspense', 'merchant_collection')),
  constraint merchant_sites_bounds check (amount_min_dong >= 1 and amount_max_dong >= amount_min_dong),
  constraint merchant_sites_fee check (fee_rate_ppm between 0 and 1000000 and fee_fixed_dong >= 0 and fee_min_dong >= 0
    and (fee_max_dong is null or fee_max_dong >= fee_min_dong) and vat_rate_ppm between 0 and 1000000)
);

create table site_keys (
  id uuid not null,
  merchant_site text not null,
  environment text not null,
  -- v1_secret: shared text; v2_gateway_key: our key pair for this site; v2_merchant_key: the merchant's public key;
  -- rest_api_key: stored as a hash only; webhook_secret: signs events and returns of a REST site.
  kind text not null,
  status text not null default 'active',
  public_text text,
  secret_sealed bytea,
  secret_hash bytea,
  created_at timestamptz not null,
  -- While rotating, the former key stays valid until here.
  expires_at timestamptz,
  constraint site_keys_pkey primary key (id),
  constraint site_keys_site foreign key (merchant_site) references merchant_sites (merchant_site),
  constraint site_keys_kind_known check (kind in ('v1_secret', 'v2_gateway_key', 'v2_merchant_key', 'rest_api_key', 'webhook_secret')),
  constraint site_keys_status_known check (status in ('active', 'retiring', 'revoked'))
);
create index site_keys_by_site on site_keys (merchant_site, kind);
create unique index site_keys_secret_hash on site_keys (secret_hash) where secret_hash is not null;
