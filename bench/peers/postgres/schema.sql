-- The conventional system: relational tables and one stored procedure that settles an in-patient
-- bill under the two packages the benchmarks use. docs/benchmarks.md says what it does and how it
-- is tuned. Money is bigint fen, ratios are millionths, as in the engine.

-- Tables that are updated in place leave room in their pages, so that an update needs no new index
-- entry (HOT).

CREATE TABLE person (
  psn_no text PRIMARY KEY,
  psn_name text NOT NULL,
  certno text NOT NULL,
  gend text NOT NULL,
  brdy date NOT NULL,
  cvlserv_flag boolean NOT NULL
);

CREATE TABLE coverage (
  psn_no text NOT NULL,
  insutype text NOT NULL,
  psn_type text NOT NULL,
  insuplc_admdvs text NOT NULL,
  begndate date NOT NULL,
  enddate date NOT NULL,
  psn_insu_stas text NOT NULL,
  PRIMARY KEY (psn_no, insutype, begndate)
);

CREATE TABLE assistance (
  psn_no text NOT NULL,
  class text NOT NULL,
  begndate date NOT NULL,
  PRIMARY KEY (psn_no, begndate)
);

CREATE TABLE institution (
  fixmedins_code text PRIMARY KEY,
  fixmedins_name text NOT NULL,
  kind text NOT NULL,
  admdvs text NOT NULL,
  hosp_lv text NOT NULL,
  hosp_place text NOT NULL,
  begndate date NOT NULL,
  enddate date NOT NULL
);

CREATE TABLE catalogue (
  med_list_codg text NOT NULL,
  insutype text NOT NULL,  -- empty: every scheme
  begndate date NOT NULL,
  enddate date NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  chrgitm_lv text NOT NULL,
  selfpay_prop_1e6 bigint NOT NULL,
  pric_uplmt_fen bigint NOT NULL,  -- 0: none
  PRIMARY KEY (med_list_codg, insutype, begndate)
);

CREATE TABLE account (
  psn_no text PRIMARY KEY,
  current_fen bigint NOT NULL CHECK (current_fen >= 0),
  past_fen bigint NOT NULL CHECK (past_fen >= 0)
) WITH (fillfactor = 60);

CREATE TABLE accumulator (
  psn_no text NOT NULL,
  insutype text NOT NULL,
  period date NOT NULL,  -- first day of the benefit year
  pool_paid bigint NOT NULL,
  own_scope_year bigint NOT NULL,
  hifmi_paid bigint NOT NULL,
  maf_dedc_year bigint NOT NULL,
  admissions bigint NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (psn_no, insutype, period)
) WITH (fillfactor = 60);

CREATE TABLE settlement (
  setl_id bigint PRIMARY KEY,
  fixmedins_code text NOT NULL,
  psn_no text NOT NULL,
  insutype text NOT NULL,
  package text NOT NULL,
  mdtrt_id text NOT NULL,
  begndate date NOT NULL,
  enddate date NOT NULL,
  setl_time timestamptz NOT NULL,
  medfee_sumamt bigint NOT NULL,
  fulamt_ownpay_amt bigint NOT NULL,
  overlmt_selfpay bigint NOT NULL,
  preselfpay_amt bigint NOT NULL,
  inscp_scp_amt bigint NOT NULL,
  act_pay_dedc bigint NOT NULL,
  hifp_pay bigint NOT NULL,
  hifmi_pay bigint NOT NULL,
  maf_pay bigint NOT NULL,
  psn_part_amt bigint NOT NULL,
  acct_pay bigint NOT NULL,
  psn_cash_pay bigint NOT NULL
);

CREATE TABLE settlement_line (
  setl_id bigint NOT NULL,
  line_no integer NOT NULL,
  feedetl_sn text NOT NULL,
  med_list_codg text NOT NULL,
  fee_ocur_date date NOT NULL,
  cnt_1e4 bigint NOT NULL,
  pric_fen_1e4 bigint NOT NULL,
  amount bigint NOT NULL,
  chrgitm_lv text NOT NULL,
  selfpay_prop_1e6 bigint NOT NULL,
  fulamt_ownpay_amt bigint NOT NULL,
  overlmt_amt bigint NOT NULL,
  preselfpay_amt bigint NOT NULL,
  inscp_scp_amt bigint NOT NULL,
  PRIMARY KEY (setl_id, line_no)
);

CREATE TABLE journal (
  setl_id bigint NOT NULL,
  leg smallint NOT NULL,
  account text NOT NULL,
  debit bigint NOT NULL,
  credit bigint NOT NULL,
  PRIMARY KEY (setl_id, leg)
);

-- What was answered to each message: a retry gets the same answer.
CREATE TABLE message (
  fixmedins_code text NOT NULL,
  msgid text NOT NULL,
  body_hash bytea NOT NULL,
  setl_id bigint,  -- null: refused
  reply text NOT NULL,
  PRIMARY KEY (fixmedins_code, msgid)
);

CREATE SEQUENCE settlement_id CACHE 100;

-- The bills as institutions send them; what the engine decided about them stands beside them.
CREATE TABLE claim (
  id bigint PRIMARY KEY,
  checked boolean NOT NULL,  -- decided by the engine: the columns of expected_ are set
  fixmedins_code text NOT NULL,
  psn_no text NOT NULL,
  insutype text NOT NULL,
  med_type text NOT NULL,
  mdtrt_id text NOT NULL,
  begndate date NOT NULL,
  enddate date NOT NULL,
  medfee_sumamt bigint NOT NULL,
  acct_used boolean NOT NULL,
  body_hash bytea NOT NULL,
  feedetl_sn text[] NOT NULL,
  med_list_codg text[] NOT NULL,
  fee_ocur_date date[] NOT NULL,
  cnt_1e4 bigint[] NOT NULL,
  pric_fen_1e4 bigint[] NOT NULL,
  amount bigint[] NOT NULL,
  expected_outcome text NOT NULL,
  -- Totals and account in the order of the reply of settle(); four numbers for each line.
  expected_amounts bigint[] NOT NULL,
  expected_lines bigint[] NOT NULL
);

-- Policy rows of the two packages, one for every combination that may be looked up.
CREATE TABLE policy_package (
  id text PRIMARY KEY,
  insuplc_admdvs text NOT NULL,
  insutype text NOT NULL,
  med_type text NOT NULL,
  valid_from date NOT NULL,
  least_age integer NOT NULL,
  pool_limit_fen bigint NOT NULL,
  refused_over_limit boolean NOT NULL,  -- else the fund pays up to the limit
  repeat_factor_1e6 bigint NOT NULL,    -- of the deductible from the second stay on
  account_pays boolean NOT NULL
);

CREATE TABLE policy_terms (
  package text NOT NULL,
  hosp_place text NOT NULL,
  hosp_lv text NOT NULL,
  psn_group text NOT NULL,  -- first two digits of psn_type; empty: every one
  deductible_fen bigint NOT NULL,
  band_end_fen bigint NOT NULL,
  first_1e6 bigint NOT NULL,
  second_1e6 bigint NOT NULL,
  PRIMARY KEY (package, hosp_place, hosp_lv, psn_group)
);

CREATE TABLE policy_assistance (
  package text NOT NULL,
  assistance text NOT NULL,
  hifmi_start_fen bigint NOT NULL,
  hifmi_step_fen bigint NOT NULL,
  hifmi_first_1e6 bigint NOT NULL,
  hifmi_second_1e6 bigint NOT NULL,
  hifmi_limit_fen bigint,  -- null: none
  maf_dedc_fen bigint NOT NULL,
  maf_1e6 bigint NOT NULL,
  PRIMARY KEY (package, assistance)
);
