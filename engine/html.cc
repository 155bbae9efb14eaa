#include "engine/html.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace yijie::engine {
namespace {

constexpr absl::string_view kStyle = R"css(
body { font: 15px/1.5 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif;
       color: #1c2430; max-width: 68em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; border-bottom: 2px solid #1c2430; padding-bottom: .3em; }
h2 { font-size: 1.15em; margin-top: 2em; }
table { border-collapse: collapse; margin: .8em 0; }
th, td { padding: .25em .8em; border-bottom: 1px solid #d5dae1; text-align: right;
         font-variant-numeric: tabular-nums; }
th { border-bottom: 1px solid #1c2430; }
th:first-child, td:first-child { text-align: left; }
p.note { color: #566173; }
code { font-family: "Noto Sans Mono", monospace; overflow-wrap: anywhere; }
svg text { font-size: 12px; fill: #1c2430; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; }
               tr { break-inside: avoid; } }
)css";

void AppendRow(absl::string_view cell_tag, const std::vector<std::string>& cells,
               std::string* out) {
  *out += "<tr>";
  for (const std::string& cell : cells) {
    absl::StrAppend(out, "<", cell_tag, ">", HtmlEscape(cell), "</", cell_tag, ">");
  }
  *out += "</tr>\n";
}

}  // namespace

std::string HtmlEscape(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (!absl::ascii_iscntrl(static_cast<unsigned char>(c)) || c == '\n') out += c;
    }
  }
  return out;
}

std::string HtmlPage(absl::string_view title, absl::string_view body) {
  const std::string heading = HtmlEscape(title);
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
      heading, "</title>\n<style>", kStyle, "</style>\n</head>\n<body>\n<h1>", heading, "</h1>\n",
      body, "</body>\n</html>\n");
}

std::string HtmlTable(const std::vector<std::string>& header,
                      const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<table>\n";
  AppendRow("th", header, &out);
  for (const std::vector<std::string>& row : rows) AppendRow("td", row, &out);
  return out + "</table>\n";
}

}  // namespace yijie::engine
