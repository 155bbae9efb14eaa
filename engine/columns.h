#ifndef YIJIE_ENGINE_COLUMNS_H_
#define YIJIE_ENGINE_COLUMNS_H_

// Plain text in columns of a terminal, where a Chinese character takes two.

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace yijie::engine {

// One character; `bytes` is a part of the text it comes from.
struct Glyph {
  absl::string_view bytes;
  int columns = 0;
};

// The characters of `text`, anything harmful or malformed replaced by a question mark.
std::vector<Glyph> Glyphs(absl::string_view text);

int Columns(const std::vector<Glyph>& glyphs);
int Columns(absl::string_view text);

// Lines of at most `columns`, save that a closing mark may hang over the end by its own width. At
// least one line.
std::vector<std::string> Wrap(absl::string_view text, int columns);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_COLUMNS_H_
