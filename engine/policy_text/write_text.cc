#include "engine/policy_text/write_text.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/columns.h"

namespace yijie::engine {
namespace {

constexpr int kGap = 2;          // between the columns of a table
constexpr int kHanging = 2;      // a closing mark may hang over the end of a wrapped line
constexpr int kLeastColumn = 8;  // of a table

std::string Blanks(int count) { return std::string(static_cast<size_t>(std::max(count, 0)), ' '); }

// The harmless characters of `text`, as they are counted.
std::string Printable(absl::string_view text) {
  std::string out;
  for (const Glyph& glyph : Glyphs(text)) absl::StrAppend(&out, glyph.bytes);
  return out;
}

// Lines of at most `columns`, whatever hangs over.
std::vector<std::string> Fold(absl::string_view text, int columns) {
  const std::string whole = Printable(text);
  if (Columns(whole) <= columns) return {whole};
  return Wrap(whole, columns - kHanging);
}

class TextWriter {
 public:
  std::string Write(const Document& document) {
    Lines("", document.title);
    Rule('=');
    for (const Block& block : document.blocks) std::visit(*this, block);
    return std::move(text_);
  }

  void operator()(const Heading& heading) {
    text_ += '\n';
    if (heading.level == 1) Rule('=');
    Lines("", heading.text);
    if (heading.level < 3) Rule(heading.level == 1 ? '=' : '-');
  }

  void operator()(const Paragraph& paragraph) {
    Lines(paragraph.tone == Paragraph::Tone::kWarning ? "*** " : "", paragraph.text);
  }

  void operator()(const Item& item) { Lines("  * ", item.text); }

  void operator()(const Change& change) {
    const std::string about = absl::StrCat(change.where, change.where.empty() ? "" : "：",
                                           change.what, change.what.empty() ? "" : " ");
    if (change.before.empty()) {
      Lines("  + ", absl::StrCat("新增 ", about, change.after));
    } else if (change.after.empty()) {
      Lines("  - ", absl::StrCat("删除 ", about, change.before));
    } else {
      Lines("  * ", absl::StrCat(about, change.before, " → ", change.after));
    }
  }

  void operator()(const TableBlock& table) {
    const std::vector<int> widths = Widths(table);
    TableRow(table.header, table.figures, widths);
    std::string rule;
    for (const int width : widths)
      absl::StrAppend(&rule, std::string(static_cast<size_t>(width), '-'), Blanks(kGap));
    absl::StrAppend(&text_, absl::StripTrailingAsciiWhitespace(rule), "\n");
    for (const auto& row : table.rows) TableRow(row, table.figures, widths);
  }

 private:
  void Rule(char mark) {
    text_.append(kDocumentColumns, mark);
    text_ += '\n';
  }

  // Wrapped; lines after the first begin under the text, past `mark`.
  void Lines(absl::string_view mark, absl::string_view text) {
    const int indent = static_cast<int>(mark.size());
    std::string head(mark);
    for (const std::string& line : Fold(text, kDocumentColumns - indent)) {
      absl::StrAppend(&text_, head, line, "\n");
      head = Blanks(indent);
    }
  }

  // What each column needs; where that is too much the widest give way.
  static std::vector<int> Widths(const TableBlock& table) {
    std::vector<int> widths;
    for (size_t i = 0; i < table.header.size(); ++i) {
      int width = Columns(table.header[i]);
      for (const auto& row : table.rows) width = std::max(width, Columns(row[i]));
      widths.push_back(width);
    }
    const int room = kDocumentColumns - kGap * (static_cast<int>(widths.size()) - 1);
    while (std::accumulate(widths.begin(), widths.end(), 0) > room) {
      int& widest = *std::max_element(widths.begin(), widths.end());
      if (widest <= kLeastColumn) break;
      --widest;
    }
    return widths;
  }

  void TableRow(const std::vector<std::string>& cells, const std::vector<bool>& figures,
                const std::vector<int>& widths) {
    std::vector<std::vector<std::string>> folded;
    size_t height = 0;
    for (size_t i = 0; i < cells.size(); ++i) {
      folded.push_back(Fold(cells[i], widths[i]));
      height = std::max(height, folded.back().size());
    }
    for (size_t line = 0; line < height; ++line) {
      std::string out;
      for (size_t i = 0; i < cells.size(); ++i) {
        const std::string cell = line < folded[i].size() ? folded[i][line] : "";
        const std::string fill = Blanks(widths[i] - Columns(cell));
        absl::StrAppend(&out, figures[i] ? fill : "", cell, figures[i] ? "" : fill, Blanks(kGap));
      }
      absl::StrAppend(&text_, absl::StripTrailingAsciiWhitespace(out), "\n");
    }
  }

  std::string text_;
};

}  // namespace

std::string WriteText(const Document& document) { return TextWriter().Write(document); }

}  // namespace yijie::engine
