#!/usr/bin/env bash
# Settlement across areas on sample data: Henan as the place of care, Hunan as the insured place, a gateway between them, each a
# process of its own. `./dev run` calls this after the day at one place.
#
#   demo_cross.sh YIJIE    exit 0 if all of it was right
#
# Everything it writes goes to build/run/cross-<time>/.
set -euo pipefail

yijie=${1:?usage: demo_cross.sh YIJIE}
root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd -P)
sample=$root/rules/tables/sample
bill=$sample/cross/inpatient-zhengzhou.json
seconds_to_start=60
seconds_to_certainty=30
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1 no_grpc_proxy=127.0.0.1

care_area=410000
insured_area=430000
pair=$care_area$insured_area
declare -A process=() address=()

heading() { printf '\n== %s\n' "$*"; }

fail() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}

finish() {
  local status=$? name
  trap - EXIT INT TERM
  for name in "${!process[@]}"; do
    { kill -CONT "${process[$name]}" && kill -KILL "${process[$name]}" && wait "${process[$name]}"; } 2>/dev/null || true
  done
  if ((status != 0)); then
    printf '\ndemo: failed (exit code %d); logs are in %s\n' "$status" "$run" >&2
    tail -n 15 -- "$run"/*.log >&2 || true
  fi
  exit "$status"
}

run=$root/build/run/cross-$(date +%Y%m%d-%H%M%S)-$$
mkdir -p -- "$run"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A port of the loopback interface nobody listens on, another one each time.
next_port=$((20000 + RANDOM % 10000))
free_port() {
  for ((; next_port < 32000; ++next_port)); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$next_port") 2>/dev/null; then
      port=$((next_port++))
      return
    fi
  done
  fail "found no free port"
}

# --- Certificates: one authority, and who each party is as a URI.

new_key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)

issue() {
  local name=$1 identity=$2 path=$run/$1
  printf 'subjectAltName=URI:%s,IP:127.0.0.1\n' "$identity" >"$path.ext"
  openssl req "${new_key[@]}" -subj "/CN=$name" -keyout "$path.key" -out "$path.csr" 2>/dev/null
  openssl x509 -req -days 2 -in "$path.csr" -CA "$run/authority.crt" -CAkey "$run/authority.key" -CAcreateserial \
    -extfile "$path.ext" -out "$path.crt" 2>/dev/null
  chmod 600 -- "$path.key"
}

make_certificates() {
  openssl req -x509 "${new_key[@]}" -days 2 -subj /CN=authority -keyout "$run/authority.key" -out "$run/authority.crt" 2>/dev/null
  issue care "urn:yijie:area:$care_area"
  issue insured "urn:yijie:area:$insured_area"
  issue gateway urn:yijie:gateway
}

tls_of() { tls=(--tls-authority "$run/authority.crt" --tls-certificate "$run/$1.crt" --tls-key "$run/$1.key"); }

# --- Processes

await_serving() {
  local name=$1 event=$2 waited
  for ((waited = 0; waited < seconds_to_start * 10; ++waited)); do
    if tail -n +"$3" -- "$run/$name.log" | grep -q "\"event\": *\"$event\""; then return; fi
    kill -0 "${process[$name]}" 2>/dev/null || fail "$name ended before it served"
    sleep 0.1
  done
  fail "$name did not serve within $seconds_to_start s"
}

start_engine() {
  local name=$1 area=$2 from
  tls_of "$name"
  touch -- "$run/$name.log"
  from=$(($(wc -l <"$run/$name.log") + 1))
  "$yijie" serve --data "$run/$name" --policies "$root/rules/tables" --listen "${address[$name]}" \
    --metrics "${address[$name-metrics]}" --min-free-mib 64 --areas "$area" --gateway "${address[gateway]}" \
    --peer-listen "${address[$name-peers]}" "${tls[@]}" </dev/null 2>>"$run/$name.log" &
  process[$name]=$!
  await_serving "$name" serving "$from"
}

start_gateway() {
  local from
  tls_of gateway
  touch -- "$run/gateway.log"
  from=$(($(wc -l <"$run/gateway.log") + 1))
  "$yijie" gateway --data "$run/gateway" --peers "$run/peers.textpb" --listen "${address[gateway]}" \
    --metrics "${address[gateway-metrics]}" --operators "${address[gateway-operators]}" --min-free-mib 64 \
    "${tls[@]}" </dev/null 2>>"$run/gateway.log" &
  process[gateway]=$!
  await_serving gateway serving "$from"
}

kill_gateway() {
  { kill -KILL "${process[gateway]}" && wait "${process[gateway]}"; } 2>/dev/null || true
  unset "process[gateway]"
}

stop_all() {
  local name status
  for name in care insured gateway; do
    kill -TERM "${process[$name]}"
    status=0
    wait "${process[$name]}" || status=$?
    unset "process[$name]"
    ((status == 0)) || fail "$name ended with exit code $status"
  done
}

load() {
  local name=$1 table
  shift
  for table in "$@"; do
    "$yijie" load "$table" --data "$run/$name" "$sample/$table.csv" 2>"$run/load.log" || {
      cat -- "$run/load.log" >&2
      fail "loading $table failed"
    }
  done
}

begin() {
  heading "跨省：两省与网关 Two provinces and a gateway"
  local name port
  for name in care care-metrics care-peers insured insured-metrics insured-peers gateway gateway-metrics gateway-operators; do
    free_port
    address[$name]=127.0.0.1:$port
  done
  make_certificates
  printf 'peer { admdvs: "%s" address: "%s" name: "%s" }\n' \
    "$care_area" "${address[care-peers]}" 河南省 "$insured_area" "${address[insured-peers]}" 湖南省 >"$run/peers.textpb"
  load care institutions catalogue
  load insured institutions catalogue persons accounts
  start_gateway
  start_engine insured "$insured_area"
  start_engine care "$care_area"
  printf '就医地 place of care %s, 网关 gateway %s, 参保地 insured place %s\n' "${address[care]}" "${address[gateway]}" "${address[insured]}"
}

# --- Bills

# bill_as MSGID: the sample bill as a message of its own, a file.
bill_as() {
  made=$run/$1.json
  sed "s/\"msgid\": *\"[^\"]*\"/\"msgid\": \"$1\"/" -- "$bill" >"$made"
}

json_text() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" -- "$2" | head -n 1; }

# settle MSGID: 0 and the answer in $run/MSGID.answer, or the exit code of the client.
settle() {
  local status=0
  bill_as "$1"
  "$yijie" settle --json --server "${address[care]}" "$made" >"$run/$1.answer" 2>"$run/$1.error" || status=$?
  return "$status"
}

expect_settled() {
  [[ $(json_text outcome "$run/$1.answer") == SETTLED ]] || fail "$1 was not settled: $(cat -- "$run/$1.answer" "$run/$1.error")"
}

show_settlement() {
  heading "一次异地住院结算 An in-patient bill across provinces"
  settle CROSS1 || fail "$(<"$run/CROSS1.error")"
  expect_settled CROSS1
  "$yijie" settle --server "${address[care]}" "$run/CROSS1.json" --institution-name 样例郑州二级医院 --psn-name 样例乙
}

# The insured place hangs while it is asked. The hospital has a definite answer inside its budget; when the insured place is back,
# the same message is settled.
show_hanging_insured_place() {
  heading "参保地中途失联 The insured place hangs in the middle"
  kill -STOP "${process[insured]}"
  local started=$SECONDS
  if settle CROSS2; then fail "a bill was settled by an insured place that hangs"; fi
  printf '医院得到的答复 the hospital was told after %d s: %s\n' $((SECONDS - started)) "$(<"$run/CROSS2.error")"
  grep -q 'not applied' -- "$run/CROSS2.error" || fail "the answer was not definite"
  kill -CONT "${process[insured]}"
  settle_when_free CROSS2
  printf '恢复后同一报文 afterwards the same message: %s\n' "$(json_text outcome "$run/CROSS2.answer")"
}

# The same message until it is settled: what was held for the first attempt may have to be freed first.
settle_when_free() {
  local tries
  for ((tries = 0; tries < seconds_to_certainty * 5; ++tries)); do
    if settle "$1"; then
      expect_settled "$1"
      return
    fi
    sleep 0.2
  done
  fail "$1 was not settled in $seconds_to_certainty s: $(<"$run/$1.error")"
}

# The gateway is killed as soon as the hospital has its answer: the insured place may not know yet.
show_killed_gateway() {
  heading "网关被杀死 The gateway is killed after an answer"
  settle_when_free CROSS3
  kill_gateway
  if settle CROSS4; then fail "a bill was settled without a gateway"; fi
  printf '断网期间 while the link is cut: %s\n' "$(<"$run/CROSS4.error")"
  start_gateway
  settle_when_free CROSS4
  printf '恢复后同一报文 afterwards the same message: %s\n' "$(json_text outcome "$run/CROSS4.answer")"
}

show_reversal() {
  heading "异地撤销 Undo across provinces"
  "$yijie" reverse --server "${address[care]}" --institution "$(json_text fixmedins_code "$run/CROSS4.answer")" \
    --msgid "UNDO$$" --psn "$(json_text psn_no "$run/CROSS4.answer")" --setl-id "$(json_text setl_id "$run/CROSS4.answer")"
}

show_reconciliation() {
  heading "三方对账 Three books compared"
  local day tries
  day=$(TZ=UTC-8 date +%Y-%m-%d)
  for ((tries = 0; tries < seconds_to_certainty; ++tries)); do
    if "$yijie" gateway reconcile --server "${address[gateway-operators]}" --care "${address[care]}" \
      --insured "${address[insured]}" --pair "$pair" --from "$first_day" --to "$day" >"$run/three-way.txt" 2>&1; then
      cat -- "$run/three-way.txt"
      return
    fi
    sleep 1
  done
  cat -- "$run/three-way.txt" >&2
  fail "the three books were not equal within $seconds_to_certainty s"
}

show_clearing() {
  heading "省际清算 Clearing between provinces"
  "$yijie" gateway clearing --server "${address[gateway-operators]}" --period "$(TZ=UTC-8 date +%Y-%m)"
}

show_audit() {
  heading "停机与三方审计 Stop, and audit of all three"
  stop_all
  local name
  for name in care insured gateway; do
    printf -- '-- %s\n' "$name"
    "$yijie" ledger audit --data "$run/$name"
  done
}

first_day=$(TZ=UTC-8 date +%Y-%m-%d)
begin
show_settlement
show_hanging_insured_place
show_killed_gateway
show_reversal
show_reconciliation
show_clearing
show_audit
heading "完成 Done"
printf 'across provinces: settled, hung, killed, healed, undone; three books equal, three ledgers audited. %s\n' "$run"
