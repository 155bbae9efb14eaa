#include "engine/columns.h"

#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace yijie::engine {
namespace {

struct Range {
  uint32_t first, last;
};

template <size_t kSize>
bool In(uint32_t code, const std::array<Range, kSize>& ranges) {
  for (const Range& range : ranges) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

// East Asian wide and full-width characters (Unicode UAX #11, W and F).
int Columns(uint32_t code) {
  static constexpr std::array<Range, 11> kWide = {{{0x1100, 0x115f},
                                                   {0x2e80, 0x303e},
                                                   {0x3041, 0x4dbf},
                                                   {0x4e00, 0xa4cf},
                                                   {0xac00, 0xd7a3},
                                                   {0xf900, 0xfaff},
                                                   {0xfe30, 0xfe6f},
                                                   {0xff00, 0xff60},
                                                   {0xffe0, 0xffe6},
                                                   {0x1f300, 0x1faff},
                                                   {0x20000, 0x3fffd}}};
  static constexpr std::array<Range, 1> kCombining = {{{0x0300, 0x036f}}};
  if (In(code, kCombining)) return 0;
  return In(code, kWide) ? 2 : 1;
}

// Control characters, and the marks that hide or reorder what a terminal shows.
bool Harmful(uint32_t code) {
  static constexpr std::array<Range, 7> kHarmful = {{{0x0, 0x1f},
                                                     {0x7f, 0x9f},
                                                     {0x200b, 0x200f},
                                                     {0x2028, 0x202e},
                                                     {0x2060, 0x206f},
                                                     {0xfeff, 0xfeff},
                                                     {0xe0000, 0xe0fff}}};
  return In(code, kHarmful);
}

// Length of the UTF-8 sequence at the start of `text` and its code point; length 0 if malformed.
size_t Decode(absl::string_view text, uint32_t* code) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  *code = byte(0);
  if (*code < 0x80) return 1;
  const size_t length = *code >= 0xf0 ? 4 : *code >= 0xe0 ? 3 : *code >= 0xc0 ? 2 : 0;
  if (length == 0 || length > text.size()) return 0;
  *code &= 0x7fU >> length;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    *code = (*code << 6) | (byte(i) & 0x3f);
  }
  return length;
}

// A piece that is never broken: a wide character, a blank, or a run of other characters.
std::vector<std::vector<Glyph>> Pieces(absl::string_view text) {
  std::vector<std::vector<Glyph>> pieces;
  bool open = false;
  for (const Glyph& glyph : Glyphs(text)) {
    const bool alone = glyph.columns == 2 || glyph.bytes == " ";
    if (alone || !open) {
      pieces.push_back({glyph});
    } else {
      pieces.back().push_back(glyph);
    }
    open = !alone;
  }
  return pieces;
}

// Never at the start of a line.
bool Closes(absl::string_view bytes) {
  static constexpr std::array<absl::string_view, 14> kClosing = {
      "，", "。", "、", "；", "：", "？", "！", "）", "〕", "】", "》", "」", "』", "％"};
  for (absl::string_view closing : kClosing) {
    if (bytes == closing) return true;
  }
  return false;
}

}  // namespace

std::vector<Glyph> Glyphs(absl::string_view text) {
  std::vector<Glyph> glyphs;
  while (!text.empty()) {
    uint32_t code = 0;
    const size_t length = Decode(text, &code);
    if (length == 0 || Harmful(code)) {
      glyphs.push_back({"?", 1});
    } else {
      glyphs.push_back({text.substr(0, length), Columns(code)});
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return glyphs;
}

int Columns(const std::vector<Glyph>& glyphs) {
  int columns = 0;
  for (const Glyph& glyph : glyphs) columns += glyph.columns;
  return columns;
}

int Columns(absl::string_view text) { return Columns(Glyphs(text)); }

std::vector<std::string> Wrap(absl::string_view text, int columns) {
  std::vector<std::string> lines(1);
  int used = 0;
  const auto add = [&](const Glyph& glyph) {
    absl::StrAppend(&lines.back(), glyph.bytes);
    used += glyph.columns;
  };
  const auto new_line = [&] {
    lines.emplace_back();
    used = 0;
  };
  for (const std::vector<Glyph>& piece : Pieces(text)) {
    const bool hangs = used <= columns && Closes(piece.front().bytes);
    const bool fits = used + Columns(piece) <= columns;
    if (!fits && !hangs && used > 0) new_line();
    if (piece.front().bytes == " " && used == 0) continue;
    for (const Glyph& glyph : piece) {
      if (used + glyph.columns > columns && !hangs) new_line();
      add(glyph);
    }
  }
  for (std::string& line : lines) absl::StripTrailingAsciiWhitespace(&line);
  return lines;
}

}  // namespace yijie::engine
