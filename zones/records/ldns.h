// SPDX-License-Identifier: Apache-2.0
//
// The one door to ldns. Its common.h defines bool, true and false as macros, which breaks the
// standard library's headers, so they are taken away again.
#pragma once

#include <cstdlib>
#include <memory>

#include <ldns/ldns.h>
#undef bool
#undef true
#undef false

namespace waymark::zones {

template <auto Free>
struct LdnsDeleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using LdnsRr = std::unique_ptr<ldns_rr, LdnsDeleter<ldns_rr_free>>;
using LdnsText = std::unique_ptr<char, LdnsDeleter<std::free>>;  // what ldns_*2str returns

}  // namespace waymark::zones
