#ifndef YIJIE_ENGINE_POLICY_TEXT_DOCUMENT_H_
#define YIJIE_ENGINE_POLICY_TEXT_DOCUMENT_H_

// A page before it is written, as text (write_text.h) or HTML (write_html.h).

#include <string>
#include <variant>
#include <vector>

namespace yijie::engine {

struct Heading {
  int level = 1;  // 1: a package, 2: a part of it, 3: a step
  std::string text;
  std::string id;  // to be linked to; may be empty
};

struct Paragraph {
  enum class Tone { kPlain, kNote, kWarning } tone = Tone::kPlain;
  std::string text;
};

struct Item {  // of a list
  std::string text;
  std::string link;  // id of a heading; may be empty
};

// Every row has as many cells as the header.
struct TableBlock {
  std::vector<std::string> header;
  std::vector<bool> figures;  // by column: set to the right
  std::vector<std::vector<std::string>> rows;
};

// One difference. Either side may be empty: it was not there, it is not there any more.
struct Change {
  std::string where;  // the row; may be empty
  std::string what;   // the figure; may be empty
  std::string before;
  std::string after;
};

using Block = std::variant<Heading, Paragraph, Item, TableBlock, Change>;

struct Document {
  std::string title;
  std::vector<Block> blocks;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_TEXT_DOCUMENT_H_
