#include "engine/policy_text/compare.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace yijie::engine {
namespace {

template <typename T, typename Same>
const T* FindIn(const std::vector<T>& list, Same same) {
  const auto found = std::find_if(list.begin(), list.end(), same);
  return found == list.end() ? nullptr : &*found;
}

// All figures of a row: "支付比例 85%", "起付线 1,300元，依据 s1 第七条".
std::string Figures(const SheetRow& row) {
  std::vector<std::string> out;
  if (!row.bands.empty()) out.push_back(absl::StrCat("支付比例 ", BandsPhrase(row)));
  for (const Statement& figure : row.figures) {
    out.push_back(absl::StrCat(figure.name, figure.name.empty() ? "" : " ", figure.value));
  }
  if (!row.cite.empty()) out.push_back(absl::StrCat("依据 ", row.cite));
  return absl::StrJoin(out, "，");
}

bool SameFigures(const SheetRow& a, const SheetRow& b) { return Figures(a) == Figures(b); }

std::vector<std::string> Ranges(const SheetRow& row) {
  std::vector<std::string> ranges;
  for (const Statement& band : row.bands) ranges.push_back(band.name);
  return ranges;
}

// Positions in `order` of a longest rising run; what is not in it has moved.
std::vector<bool> InPlace(const std::vector<size_t>& order) {
  std::vector<size_t> length(order.size(), 1);
  std::vector<size_t> before(order.size(), order.size());
  size_t last = order.size();
  for (size_t i = 0; i < order.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (order[j] < order[i] && length[j] + 1 > length[i]) {
        length[i] = length[j] + 1;
        before[i] = j;
      }
    }
    if (last == order.size() || length[i] > length[last]) last = i;
  }
  std::vector<bool> in_place(order.size(), false);
  for (; last < order.size(); last = before[last]) in_place[last] = true;
  return in_place;
}

class Comparer {
 public:
  Comparison Run(const PackageSheet& older, const PackageSheet& newer) {
    Header(older, newer);
    Lists(older.lists, newer.lists);
    Missing(older.missing, newer.missing);
    Order(older.steps, newer.steps);
    for (const StepSheet& step : older.steps) {
      const StepSheet* same = Step(newer.steps, step.id);
      CompareStep(step, same == nullptr ? Nothing(step) : *same,
                  same == nullptr ? "删除步骤" : "步骤");
    }
    for (const StepSheet& step : newer.steps) {
      if (Step(older.steps, step.id) == nullptr) CompareStep(Nothing(step), step, "新增步骤");
    }
    return std::move(comparison_);
  }

 private:
  static const StepSheet* Step(const std::vector<StepSheet>& steps, const std::string& id) {
    return FindIn(steps, [&id](const StepSheet& step) { return step.id == id; });
  }

  // A step with the name of another and nothing in it.
  static StepSheet Nothing(const StepSheet& step) { return {step.id, "", "", "", {}, {}}; }

  void Begin() { changes_.clear(); }

  void End(std::string heading) {
    if (!changes_.empty()) comparison_.parts.push_back({std::move(heading), std::move(changes_)});
    changes_.clear();
  }

  void Told(std::string where, std::string what, std::string before, std::string after,
            bool wording) {
    if (before == after) return;
    changes_.push_back({std::move(where), std::move(what), std::move(before), std::move(after)});
    if (!wording) comparison_.answers_differ = true;
  }

  void Statements(const std::string& where, const std::vector<Statement>& older,
                  const std::vector<Statement>& newer) {
    const auto named = [](const std::vector<Statement>& list, const std::string& name) {
      return FindIn(list, [&name](const Statement& statement) { return statement.name == name; });
    };
    for (const Statement& statement : older) {
      const Statement* same = named(newer, statement.name);
      Told(where, statement.name, statement.value, same == nullptr ? "" : same->value,
           statement.wording);
    }
    for (const Statement& statement : newer) {
      if (named(older, statement.name) == nullptr)
        Told(where, statement.name, "", statement.value, statement.wording);
    }
  }

  void Header(const PackageSheet& older, const PackageSheet& newer) {
    Begin();
    Told("", "编号", older.id, newer.id, true);
    Told("", "名称", older.title, newer.title, true);
    Told("", "示例数据", older.sample_data ? "是" : "否", newer.sample_data ? "是" : "否", true);
    Statements("", older.header, newer.header);
    End("基本信息");
  }

  void Lists(const std::vector<SheetTable>& older, const std::vector<SheetTable>& newer) {
    for (const char* key : {"source", "accumulator", "given"}) {
      const auto of_key = [key](const SheetTable& table) { return table.key == key; };
      const SheetTable* before = FindIn(older, of_key);
      const SheetTable* after = FindIn(newer, of_key);
      Begin();
      Table(before, after);
      if (before != nullptr || after != nullptr) End((before == nullptr ? after : before)->name);
    }
  }

  void Missing(const std::vector<std::string>& older, const std::vector<std::string>& newer) {
    const auto has = [](const std::vector<std::string>& list, const std::string& line) {
      return std::find(list.begin(), list.end(), line) != list.end();
    };
    Begin();
    for (const std::string& line : older) {
      if (!has(newer, line)) Told("", "", line, "", true);
    }
    for (const std::string& line : newer) {
      if (!has(older, line)) Told("", "", "", line, true);
    }
    End("来源没有写明的");
  }

  void Order(const std::vector<StepSheet>& older, const std::vector<StepSheet>& newer) {
    std::vector<size_t> before;
    std::vector<size_t> after;
    for (size_t i = 0; i < newer.size(); ++i) {
      const StepSheet* same = Step(older, newer[i].id);
      if (same == nullptr) continue;
      before.push_back(static_cast<size_t>(same - older.data()));
      after.push_back(i);
    }
    Begin();
    const std::vector<bool> in_place = InPlace(before);
    for (size_t i = 0; i < before.size(); ++i) {
      if (in_place[i]) continue;
      Told(absl::StrCat("「", newer[after[i]].label, "」"), "次序",
           absl::StrCat("第 ", before[i] + 1, " 步"), absl::StrCat("移到第 ", after[i] + 1, " 步"),
           false);
    }
    End("步骤次序");
  }

  void CompareStep(const StepSheet& older, const StepSheet& newer, const std::string& what) {
    Begin();
    Told("", "类型", older.kind, newer.kind, false);
    Told("", "名称", older.label, newer.label, true);
    Statements("", older.statements, newer.statements);
    for (const SheetTable& table : older.tables) Table(&table, TableLike(newer.tables, table));
    for (const SheetTable& table : newer.tables) {
      if (TableLike(older.tables, table) == nullptr) Table(nullptr, &table);
    }
    Told("", "依据", older.cite, newer.cite, true);
    const std::string& label = newer.label.empty() ? older.label : newer.label;
    End(absl::StrCat(what, "「", label, "」（", newer.id, "）"));
  }

  static const SheetTable* TableLike(const std::vector<SheetTable>& tables,
                                     const SheetTable& table) {
    return FindIn(tables, [&](const SheetTable& other) { return other.key == table.key; });
  }

  static const SheetRow* RowLike(const SheetTable* table, const SheetRow& row) {
    if (table == nullptr) return nullptr;
    return FindIn(table->rows, [&](const SheetRow& other) { return other.key == row.key; });
  }

  // What a change of a row is about: the table if it has a name, and the row.
  static std::string Where(const SheetTable& table, const SheetRow& row) {
    const std::string name = table.as_sentences ? table.name : "";
    const std::string phrase = row.when.empty() ? "" : RowPhrase(row);
    return absl::StrCat(name, name.empty() || phrase.empty() ? "" : "：", phrase);
  }

  // Either may be nullptr: no such table.
  void Table(const SheetTable* older, const SheetTable* newer) {
    std::vector<const SheetRow*> gone;
    std::vector<const SheetRow*> added;
    for (size_t i = 0; older != nullptr && i < older->rows.size(); ++i) {
      const SheetRow& row = older->rows[i];
      const SheetRow* same = RowLike(newer, row);
      if (same == nullptr) {
        gone.push_back(&row);
      } else {
        CompareRow(Where(*older, row), row, *same);
      }
    }
    for (size_t i = 0; newer != nullptr && i < newer->rows.size(); ++i) {
      if (RowLike(older, newer->rows[i]) == nullptr) added.push_back(&newer->rows[i]);
    }
    PairByFigures(older, gone, added);
    for (const SheetRow* row : gone) WholeRow(*older, *row, true);
    for (const SheetRow* row : added) WholeRow(*newer, *row, false);
    if (older != nullptr && newer != nullptr && newer->in_order) RowOrder(*older, *newer);
  }

  // A row with the figures of one that is gone: its conditions changed.
  void PairByFigures(const SheetTable* table, std::vector<const SheetRow*>& gone,
                     std::vector<const SheetRow*>& added) {
    for (auto old = gone.begin(); old != gone.end();) {
      const auto same = std::find_if(added.begin(), added.end(), [&](const SheetRow* row) {
        return !row->when.empty() && !(*old)->when.empty() && SameFigures(*row, **old);
      });
      if (same == added.end()) {
        ++old;
        continue;
      }
      Told(absl::StrCat(table->as_sentences ? absl::StrCat(table->name, "：") : "", Figures(**old)),
           "适用条件", RowPhrase(**old), RowPhrase(**same), false);
      added.erase(same);
      old = gone.erase(old);
    }
  }

  void WholeRow(const SheetTable& table, const SheetRow& row, bool gone) {
    const bool wording = std::all_of(row.figures.begin(), row.figures.end(),
                                     [](const Statement& figure) { return figure.wording; }) &&
                         row.bands.empty();
    Told(Where(table, row), "", gone ? Figures(row) : "", gone ? "" : Figures(row), wording);
  }

  void CompareRow(const std::string& where, const SheetRow& older, const SheetRow& newer) {
    if (Ranges(older) == Ranges(newer)) {
      for (size_t i = 0; i < older.bands.size(); ++i) {
        const std::string& range = older.bands[i].name;
        Told(where, absl::StrCat(range, range.empty() ? "" : " ", "支付比例"), older.bands[i].value,
             newer.bands[i].value, false);
      }
    } else {
      Told(where, "分段支付比例", BandsPhrase(older), BandsPhrase(newer), false);
    }
    Statements(RowName(where, older), older.figures, newer.figures);
    Told(where, "依据", older.cite, newer.cite, true);
  }

  // Rows of a list have no conditions and are known by their key.
  static std::string RowName(const std::string& where, const SheetRow& row) {
    return where.empty() ? row.key : where;
  }

  void RowOrder(const SheetTable& older, const SheetTable& newer) {
    std::vector<size_t> before;
    for (const SheetRow& row : newer.rows) {
      const SheetRow* same = RowLike(&older, row);
      if (same != nullptr) before.push_back(static_cast<size_t>(same - older.rows.data()));
    }
    const std::vector<bool> in_place = InPlace(before);
    for (size_t i = 0; i < before.size(); ++i) {
      if (in_place[i]) continue;
      const SheetRow& row = older.rows[before[i]];
      const auto now = std::find_if(newer.rows.begin(), newer.rows.end(),
                                    [&](const SheetRow& other) { return other.key == row.key; });
      Told(Where(older, row), "次序", absl::StrCat("第 ", before[i] + 1, " 行"),
           absl::StrCat("移到第 ", now - newer.rows.begin() + 1, " 行"), false);
    }
  }

  std::vector<Change> changes_;
  Comparison comparison_;
};

}  // namespace

Comparison Compare(const PackageSheet& older, const PackageSheet& newer) {
  return Comparer().Run(older, newer);
}

}  // namespace yijie::engine
