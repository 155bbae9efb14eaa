#include "engine/policy_text/write_html.h"

#include "absl/strings/str_cat.h"
#include "engine/html.h"

namespace yijie::engine {
namespace {

// Beside the style of all pages: tables of words, and the marks of a comparison.
constexpr absl::string_view kStyle = R"css(<style>
@page { size: A4; margin: 15mm; }
h3 { font-size: 1em; margin: 1.6em 0 .3em; break-after: avoid; }
p, ul { margin: .3em 0; }
table.policy { width: 100%; }
table.policy th, table.policy td { text-align: left; vertical-align: top; overflow-wrap: anywhere; }
table.policy .figure { text-align: right; white-space: nowrap; }
table.policy thead { display: table-header-group; }
p.warning { border: 2px solid #a33; color: #a33; padding: .3em .8em; font-weight: bold; }
del { background: #fbe3e3; } ins { background: #def3de; text-decoration: none; }
table.changes { table-layout: fixed; }
h1 + h2 { margin-top: 1em; }
@media print { body { font-size: 10pt; } a { color: inherit; text-decoration: none; } }
</style>
)css";

class HtmlWriter {
 public:
  std::string Write(const Document& document) {
    html_ = std::string(kStyle);
    for (const Block& block : document.blocks) {
      CloseIfOver(block);
      std::visit(*this, block);
    }
    Close();
    return HtmlPage(document.title, html_);
  }

  void operator()(const Heading& heading) {
    const int level = heading.level + 1;  // the title of the page is the first
    const std::string id =
        heading.id.empty() ? "" : absl::StrCat(" id=\"", HtmlEscape(heading.id), "\"");
    absl::StrAppend(&html_, "<h", level, id, ">", HtmlEscape(heading.text), "</h", level, ">\n");
  }

  void operator()(const Paragraph& paragraph) {
    const absl::string_view tone = paragraph.tone == Paragraph::Tone::kWarning
                                       ? " class=\"warning\""
                                   : paragraph.tone == Paragraph::Tone::kNote ? " class=\"note\""
                                                                              : "";
    absl::StrAppend(&html_, "<p", tone, ">", HtmlEscape(paragraph.text), "</p>\n");
  }

  void operator()(const Item& item) {
    Open("<ul>\n", "</ul>\n");
    const std::string text = HtmlEscape(item.text);
    absl::StrAppend(&html_, "<li>",
                    item.link.empty()
                        ? text
                        : absl::StrCat("<a href=\"#", HtmlEscape(item.link), "\">", text, "</a>"),
                    "</li>\n");
  }

  void operator()(const Change& change) {
    Open(
        "<table class=\"policy changes\">\n<thead><tr><th>项目</th><th>原</th><th>新</th></tr>"
        "</thead>\n",
        "</table>\n");
    const std::string colon = change.where.empty() || change.what.empty() ? "" : "：";
    absl::StrAppend(&html_, "<tr><td>", HtmlEscape(change.where), colon, HtmlEscape(change.what),
                    "</td><td>", Marked("del", change.before), "</td><td>",
                    Marked("ins", change.after), "</td></tr>\n");
  }

  void operator()(const TableBlock& table) {
    absl::StrAppend(&html_, "<table class=\"policy\">\n<thead>");
    Row("th", table.header, table.figures);
    absl::StrAppend(&html_, "</thead>\n");
    for (const auto& row : table.rows) Row("td", row, table.figures);
    absl::StrAppend(&html_, "</table>\n");
  }

 private:
  static std::string Marked(absl::string_view tag, const std::string& text) {
    return text.empty() ? "" : absl::StrCat("<", tag, ">", HtmlEscape(text), "</", tag, ">");
  }

  void Row(absl::string_view tag, const std::vector<std::string>& cells,
           const std::vector<bool>& figures) {
    absl::StrAppend(&html_, "<tr>");
    for (size_t i = 0; i < cells.size(); ++i) {
      absl::StrAppend(&html_, "<", tag, figures[i] ? " class=\"figure\"" : "", ">",
                      HtmlEscape(cells[i]), "</", tag, ">");
    }
    absl::StrAppend(&html_, "</tr>\n");
  }

  // Items and changes that follow each other stand in one list and one table.
  void Open(absl::string_view open, absl::string_view close) {
    if (close_ == close) return;
    absl::StrAppend(&html_, open);
    close_ = close;
  }

  void Close() {
    absl::StrAppend(&html_, close_);
    close_ = "";
  }

  void CloseIfOver(const Block& next) {
    const bool list = std::holds_alternative<Item>(next) && close_ == "</ul>\n";
    const bool changes = std::holds_alternative<Change>(next) && close_ == "</table>\n";
    if (!list && !changes) Close();
  }

  std::string html_;
  absl::string_view close_;  // of what is open
};

}  // namespace

std::string WriteHtml(const Document& document) { return HtmlWriter().Write(document); }

}  // namespace yijie::engine
