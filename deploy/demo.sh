#!/usr/bin/env bash
# The engine at work on sample data; `./dev run` builds it and calls this.
#
#   demo.sh YIJIE            load, serve, settle, retry, reverse, a stay, reconcile, clearing, stop, audit; exit 0 if all of it was right
#   demo.sh YIJIE --serve    load, then serve until Ctrl-C
#
# Everything it writes goes to build/run/<time>/.
set -euo pipefail

yijie=${1:?usage: demo.sh YIJIE [--serve]}
mode=${2:-show}
root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd -P)
sample=$root/rules/tables/sample
seconds_to_start=60
# gRPC and curl would go through a proxy even to this machine.
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1 no_grpc_proxy=127.0.0.1
seconds_to_drain=60

server_pid=
server_log=

heading() { printf '\n== %s\n' "$*"; }

fail() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}

# Stops the server, whatever happened; after a failure shows its log.
finish() {
  local status=$?
  trap - EXIT INT TERM
  if [[ -n $server_pid ]]; then
    { kill -KILL "$server_pid" && wait "$server_pid"; } 2>/dev/null || true
  fi
  if ((status != 0)); then
    printf '\ndemo: failed (exit code %d)\n' "$status" >&2
    if [[ -s $server_log ]]; then
      printf 'demo: last lines of the server log %s\n' "$server_log" >&2
      tail -n 40 -- "$server_log" >&2
    fi
  fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

new_run_folder() {
  local base folder number=0
  base=$root/build/run/$(date +%Y%m%d-%H%M%S)
  mkdir -p -- "$root/build/run"
  folder=$base
  until mkdir -- "$folder" 2>/dev/null; do
    ((++number < 100)) || fail "cannot make a folder $base"
    folder=$base-$number
  done
  printf '%s\n' "$folder"
}

# A port of the loopback interface nobody listens on.
free_port() {
  local port tries
  for ((tries = 0; tries < 100; ++tries)); do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%d\n' "$port"
      return
    fi
  done
  fail "found no free port"
}

run=$(new_run_folder)
data=$run/data
server_log=$run/server.log
address=127.0.0.1:$(free_port)
metrics=127.0.0.1:$(free_port)
while [[ $metrics == "$address" ]]; do metrics=127.0.0.1:$(free_port); done

load_sample() {
  heading "载入示例数据 Load sample data"
  local table
  for table in institutions catalogue persons accounts; do
    "$yijie" load "$table" --data "$data" "$sample/$table.csv" 2>"$run/load.log" || {
      cat -- "$run/load.log" >&2
      fail "loading $sample/$table.csv failed"
    }
  done
}

start_server() {
  heading "启动 Start"
  "$yijie" serve --data "$data" --policies "$root/rules/tables" \
    --listen "$address" --metrics "$metrics" --min-free-mib 64 </dev/null 2>"$server_log" &
  server_pid=$!
  local waited
  for ((waited = 0; waited < seconds_to_start * 10; ++waited)); do
    if grep -q '"event": *"serving"' -- "$server_log"; then
      printf '服务地址 serving on %s, 指标 metrics on http://%s/metrics\n' "$address" "$metrics"
      return
    fi
    kill -0 "$server_pid" 2>/dev/null || fail "the server ended before it served"
    sleep 0.1
  done
  fail "the server did not serve within $seconds_to_start s"
}

# Asks the server to stop and waits for it to finish what it has accepted.
stop_server() {
  kill -TERM "$server_pid" 2>/dev/null || true  # it may be stopping already
  local waited
  for ((waited = 0; waited < seconds_to_drain * 10; ++waited)); do
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -0 "$server_pid" 2>/dev/null && fail "the server did not stop within $seconds_to_drain s"
  local status=0
  wait "$server_pid" || status=$?
  server_pid=
  ((status == 0)) || fail "the server ended with exit code $status"
}

# json_text NAME FILE: the first text with that name.
json_text() {
  sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" -- "$2" | head -n 1
}

# csv_cell COLUMN KEY TABLE: a cell of the row whose first cell is KEY.
csv_cell() { awk -F, -v column="$1" -v key="$2" '$1 == key { print $column; exit }' "$sample/$3.csv"; }

# The last word of the first line of a receipt that contains a label; "-" if there is none.
receipt_amount() { awk -v label="$1" 'index($0, label) { print $NF; found = 1; exit } END { if (!found) print "-" }' "$2"; }

bills=()
shown=  # the bill that is looked at closely, and its person, settlement and institution
psn_no=
setl_id=
institution=
undo_setl_id=  # of its undo
stay_answer=   # the answer to the settlement of the stay
first_day=$(TZ=UTC-8 date +%Y-%m-%d)

receipt_of() { printf '%s\n' "$run/receipts/$(basename -- "$1" .json).txt"; }

settle_bill() {
  local bill=$1 psn institution receipt status=0
  psn=$(json_text psn_no "$bill")
  institution=$(json_text fixmedins_code "$bill")
  receipt=$(receipt_of "$bill")
  "$yijie" settle --server "$address" "$bill" \
    --institution-name "$(csv_cell 2 "$institution" institutions)" \
    --psn-name "$(csv_cell 2 "$psn" persons)" --certno "$(csv_cell 4 "$psn" persons)" \
    >"$receipt" || status=$?
  # A refusal is an answer, told by a receipt too.
  ((status == 0)) || grep -q 'SETTLEMENT REFUSED' -- "$receipt" || fail "settling $bill failed"
}

# The bill to look at: the newest that the account paid for, and that no later bill of the person rests on.
choose_shown() {
  local i psn paid later=" "
  for ((i = ${#bills[@]} - 1; i >= 0; --i)); do
    psn=$(json_text psn_no "${bills[i]}")
    paid=$(receipt_amount '个人账户支出' "$(receipt_of "${bills[i]}")")
    if [[ $paid != - && $paid != 0.00 && $later != *" $psn "* ]]; then
      shown=${bills[i]}
      return
    fi
    later+="$psn "
  done
  fail "the account paid for no bill"
}

settle_bills() {
  heading "结算 Settle"
  mapfile -t bills < <(find "$sample/bills" -maxdepth 1 -name '*.json' | sort)
  ((${#bills[@]})) || fail "no bills in $sample/bills"
  mkdir -- "$run/receipts"
  local bill
  for bill in "${bills[@]}"; do
    settle_bill "$bill"
    cat -- "$(receipt_of "$bill")"
  done
  choose_shown
  print_table
}

print_table() {
  printf '%-36s %10s %10s %10s %10s\n' bill total funds account cash
  local bill receipt
  for bill in "${bills[@]}"; do
    receipt=$(receipt_of "$bill")
    printf '%-36s %10s %10s %10s %10s\n' "$(basename -- "$bill" .json)" \
      "$(receipt_amount '医疗费总额' "$receipt")" "$(receipt_amount '基金支付总额' "$receipt")" \
      "$(receipt_amount '个人账户支出' "$receipt")" "$(receipt_amount '个人现金支出' "$receipt")"
    grep -h '^原因' -- "$receipt" || true
  done
  printf '全部结算单 all receipts: %s\n' "$run/receipts"
}

# The identical message again: the same answer byte for byte, and the account untouched.
show_retry() {
  heading "重发同一报文 Send the same message again"
  local first=$run/first.json again=$run/again.json
  "$yijie" settle --json --server "$address" "$shown" >"$first"
  psn_no=$(json_text psn_no "$first")
  setl_id=$(json_text setl_id "$first")
  institution=$(json_text fixmedins_code "$first")
  [[ -n $psn_no && -n $setl_id && -n $institution ]] || fail "the answer lacks its ids: $(<"$first")"
  "$yijie" account --server "$address" "$psn_no" >"$run/account-before-retry.txt"
  "$yijie" settle --json --server "$address" "$shown" >"$again"
  "$yijie" account --server "$address" "$psn_no" >"$run/account-after-retry.txt"
  cmp -- "$first" "$again" || fail "the retry got another answer"
  cmp -- "$run/account-before-retry.txt" "$run/account-after-retry.txt" || fail "the retry moved money"
  printf '同一答复 the same answer, byte for byte: %s\n' "$setl_id"
  printf '账户未动 the account did not move:\n'
  cat -- "$run/account-after-retry.txt"
}

show_reversal() {
  heading "撤销 Reverse"
  local answer=$run/reversal.json msgid
  msgid=DEMO$(date +%s)
  "$yijie" reverse --server "$address" --institution "$institution" --msgid "$msgid" --psn "$psn_no" --setl-id "$setl_id"
  "$yijie" reverse --json --server "$address" --institution "$institution" --msgid "$msgid" --psn "$psn_no" \
    --setl-id "$setl_id" >"$answer"
  undo_setl_id=$(json_text setl_id "$answer")
  [[ -n $undo_setl_id ]] || fail "the undo has no id: $(<"$answer")"
  printf '撤销后的账户 the account afterwards:\n'
  "$yijie" account --server "$address" "$psn_no" | tee -- "$run/account-after-reversal.txt"
  if cmp -s -- "$run/account-after-retry.txt" "$run/account-after-reversal.txt"; then
    fail "the reversal changed nothing"
  fi
}

# A stay in hospital from its admission to its settlement, with a batch of fees uploaded by mistake and taken back.
# Each file names its call.
show_stay() {
  heading "住院：入院、费用明细、出院、结算 A stay"
  local request method answer outcome
  mkdir -- "$run/stay"
  for request in "$sample"/stay/*.json; do
    method=$(basename -- "$request" .json)
    answer=$run/stay/$method.answer.json
    method=${method#*-}
    "$yijie" call --server "$address" "$method" "$request" >"$answer"
    outcome=$(json_text outcome "$answer")
    printf '%-28s %s\n' "$method" "$outcome"
    [[ $outcome == STAY_DONE || $outcome == SETTLED ]] || fail "$request: $(<"$answer")"
  done
  stay_answer=$answer
}

# fen NAME FILE: the first amount with that name, in fen; 0 if there is none, as JSON leaves it out.
fen() {
  local amount
  amount=$(json_text "$1" "$2")
  printf '%s\n' "${amount:-0}"
}

# yuan SIGN FEN
yuan() {
  local sign=
  (($1 * $2 < 0)) && sign=-
  local -i all=$2
  all=${all#-}
  printf '%s%d.%02d' "$sign" $((all / 100)) $((all % 100))
}

# A row of the institution's own book, from the answer to its settlement; with an undo's id its opposite.
book_row() {
  local answer=$1 undo=${2:-} sign=1 name
  [[ -z $undo ]] || sign=-1
  printf '%s,%s,%s,%s,%s,%d' "${undo:-$(json_text setl_id "$answer")}" "$(json_text psn_no "$answer")" \
    "$(json_text clr_date "$answer")" "$(json_text insutype "$answer")" "$(json_text clr_type "$answer")" $((sign < 0))
  for name in medfee_sumamt fund_pay_sumamt acct_pay psn_cash_pay; do
    printf ',%s' "$(yuan "$sign" "$(fen "${name}_fen" "$answer")")"
  done
  printf '\n'
}

# The institution's own book, written from the answers it got and nothing else.
own_book() {
  local code=$1 bill answer
  printf 'setl_id,psn_no,clr_date,insutype,clr_type,refd_setl_flag,medfee_sumamt,fund_pay_sumamt,acct_pay,psn_cash_pay\n'
  for bill in "${bills[@]}"; do
    [[ $(json_text fixmedins_code "$bill") == "$code" ]] || continue
    answer=$run/answers/$(basename -- "$bill")
    [[ $(json_text outcome "$answer") == SETTLED ]] || continue
    book_row "$answer"
    [[ $bill != "$shown" ]] || book_row "$answer" "$undo_setl_id"
  done
  [[ $(json_text fixmedins_code "$stay_answer") != "$code" ]] || book_row "$stay_answer"
}

# The end of the day: every institution compares its own book with the centre's. One of them lost a reply: the comparison names it.
show_reconciliation() {
  heading "对账 Reconciliation"
  local code bill day book
  day=$(TZ=UTC-8 date +%Y-%m-%d)
  mkdir -- "$run/answers" "$run/books"
  for bill in "${bills[@]}"; do
    # Settled once; this is the stored answer. Refused bills end with exit code 1 and have their answer too.
    "$yijie" settle --json --server "$address" "$bill" >"$run/answers/$(basename -- "$bill")" || (($? == 1))
  done
  for code in $(institutions_of_bills); do
    book=$run/books/$code.csv
    own_book "$code" >"$book"
    "$yijie" reconcile --server "$address" --institution "$code" --from "$first_day" --to "$day" "$book" ||
      fail "the book of $code differs"
  done
  book=$run/books/$institution-lost-reply.csv
  head -n -1 -- "$run/books/$institution.csv" >"$book"
  printf '\n机构丢失一笔应答 one record is missing in the book of the institution:\n'
  if "$yijie" reconcile --server "$address" --institution "$institution" --from "$first_day" --to "$day" "$book"; then
    fail "the missing record was not found"
  fi
}

institutions_of_bills() { for bill in "${bills[@]}"; do json_text fixmedins_code "$bill"; done | sort -u; }

# What each institution is owed for the month: the settlements above and the reversal, as the engine keeps them.
show_clearing() {
  heading "月度清算单 Clearing statements"
  local period code
  period=$(TZ=UTC-8 date +%Y-%m)
  for code in $(institutions_of_bills); do
    "$yijie" clearing --server "$address" --institution "$code" --period "$period"
  done
}

show_metrics() {
  heading "指标 Metrics"
  curl -sS --fail --max-time 10 -o "$run/metrics.txt" "http://$metrics/metrics"
  grep -E '^yijie_(calls|outcomes)_total.* [1-9][0-9]*$' -- "$run/metrics.txt" || fail "no counters in $run/metrics.txt"
}

show_stop_and_audit() {
  heading "停机与审计 Stop and audit"
  stop_server
  printf '已处理完毕再停机 stopped after finishing what was accepted\n'
  "$yijie" ledger audit --data "$data"
}

serve_until_interrupted() {
  local somebody
  somebody=$(awk -F, '!/^#/ && ++row == 2 { print $1; exit }' "$sample/persons.csv")
  cat <<EOF

示例命令 try:
  "$yijie" settle --server $address "$sample"/bills/*.json
  "$yijie" account --server $address $somebody
  curl http://$metrics/metrics
Ctrl-C 停止 stops.
EOF
  trap 'stop_server; exit 0' INT TERM
  local status=0
  wait "$server_pid" || status=$?
  server_pid=
  fail "the server ended by itself with exit code $status"
}

load_sample
start_server
if [[ $mode == --serve ]]; then
  serve_until_interrupted
fi
settle_bills
show_retry
show_reversal
show_stay
show_reconciliation
show_clearing
show_metrics
show_stop_and_audit
heading "完成 Done"
printf '%d bills settled or refused, one sent again without effect, one reversed, a stay settled, books equal, ledger audited.\n' "${#bills[@]}"
printf '数据与日志 data and logs: %s\n' "$run"
