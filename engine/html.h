#ifndef YIJIE_ENGINE_HTML_H_
#define YIJIE_ENGINE_HTML_H_

// Pages that stand alone: no script, no other file, no network. They open offline and print.

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace yijie::engine {

// Text as it may stand in an element or in a quoted attribute. Control characters are left out.
std::string HtmlEscape(absl::string_view text);

// A whole document in Chinese with the style of all our pages. `title` is text, `body` is HTML.
std::string HtmlPage(absl::string_view title, absl::string_view body);

// A table. Cells are text; the first column is set to the left, the others, figures, to the right.
// A row has as many cells as the header.
std::string HtmlTable(const std::vector<std::string>& header,
                      const std::vector<std::vector<std::string>>& rows);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_HTML_H_
