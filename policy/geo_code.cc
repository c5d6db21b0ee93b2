// SPDX-License-Identifier: Apache-2.0
#include "policy/geo_code.h"

#include <array>

namespace waymark::policy {
namespace {

struct Continent {
  std::string_view code, countries;  // two letters each
};

// ISO 3166-1; what lies on two continents counts where Route 53 counts it (behaviour of
// GeoLocation: RU, TR and CY in EU; GE, AM, AZ and KZ in AS).
constexpr std::array<Continent, 7> continents{{
    {"AF",
     "AODZBFBIBJBWCDCFCGCICMCVDJEGEHERETGAGHGMGNGQGWIOKEKMLRLSLYMAMGMLMRMUMWMZNANENGRERWSCSDSHSL"
     "SNSOSSSTSZTDTGTNTZUGYTZAZMZW"},
    {"AN", "AQBVGSHMTF"},
    {"AS",
     "AEAFAMAZBDBHBNBTCCCNCXGEHKIDILINIQIRJOJPKGKHKPKRKWKZLALBLKMMMNMOMVMYNPOMPHPKPSQASASGSYTHTJ"
     "TLTMTWUZVNYE"},
    {"EU",
     "ADALATAXBABEBGBYCHCYCZDEDKEEESFIFOFRGBGGGIGRHRHUIEIMISITJELILTLULVMCMDMEMKMTNLNOPLPTRORSRU"
     "SESISJSKSMTRUAVA"},
    {"NA", "AGAIAWBBBLBMBQBSBZCACRCUCWDMDOGDGLGPGTHNHTJMKNKYLCMFMQMSMXNIPAPMPRSVSXTCTTUSVCVGVI"},
    {"OC", "ASAUCKFJFMGUKIMHMPNCNFNRNUNZPFPGPNPWSBTKTOTVUMVUWFWS"},
    {"SA", "ARBOBRCLCOECFKGFGYPEPYSRUYVE"},
}};

constexpr std::uint32_t letter(char c) noexcept {
  return static_cast<std::uint32_t>(c - 'A' + 1);
}
constexpr bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}

/// Two letters in the ten bits above the subdivision's eighteen.
constexpr GeoCode two_letters(GeoLevel level, std::string_view text) noexcept {
  if (text.size() != 2 || !is_upper(text[0]) || !is_upper(text[1])) return geo_everywhere;
  return static_cast<GeoCode>(level) << 30 | letter(text[0]) << 23 | letter(text[1]) << 18;
}

const Continent* find_continent(std::string_view country) noexcept {
  for (const Continent& continent : continents)
    for (std::size_t i = 0; i < continent.countries.size(); i += 2)
      if (continent.countries.substr(i, 2) == country) return &continent;
  return nullptr;
}

std::string letters_of(GeoCode code) {
  const auto to_char = [](std::uint32_t value) {
    return static_cast<char>('A' + (value & 31) - 1);
  };
  return {to_char(code >> 23), to_char(code >> 18)};
}

}  // namespace

GeoCode continent_code(std::string_view text) noexcept {
  for (const Continent& continent : continents)
    if (continent.code == text) return two_letters(GeoLevel::continent, text);
  return geo_everywhere;
}

GeoCode country_code(std::string_view country) noexcept {
  return country.size() == 2 && find_continent(country) != nullptr
             ? two_letters(GeoLevel::country, country)
             : geo_everywhere;
}

GeoCode subdivision_code(std::string_view country, std::string_view subdivision) noexcept {
  if (country_code(country) == 0 || subdivision.empty() || subdivision.size() > 3)
    return geo_everywhere;
  GeoCode code = two_letters(GeoLevel::subdivision, country);
  for (std::size_t i = 0; i < subdivision.size(); ++i) {
    const char c = subdivision[i];
    if (!is_upper(c) && (c < '0' || c > '9')) return geo_everywhere;
    const std::uint32_t six = is_upper(c) ? letter(c) : static_cast<std::uint32_t>(c - '0' + 27);
    code |= six << (12 - 6 * i);
  }
  return code;
}

GeoCode continent_of(GeoCode country) noexcept {
  if (geo_level(country) != GeoLevel::country) return geo_everywhere;
  const std::array<char, 2> text{static_cast<char>('A' + ((country >> 23) & 31) - 1),
                                 static_cast<char>('A' + ((country >> 18) & 31) - 1)};
  const Continent* continent = find_continent({text.data(), text.size()});
  return continent == nullptr ? geo_everywhere : continent_code(continent->code);
}

std::string to_string(GeoCode code) {
  if (geo_level(code) == GeoLevel::everywhere) return "*";
  std::string text = letters_of(code);
  if (geo_level(code) != GeoLevel::subdivision) return text;
  text += '-';
  for (int shift = 12; shift >= 0; shift -= 6) {
    const std::uint32_t six = code >> shift & 63;
    if (six == 0) break;
    text += static_cast<char>(six < 27 ? 'A' + six - 1 : '0' + six - 27);
  }
  return text;
}

}  // namespace waymark::policy
