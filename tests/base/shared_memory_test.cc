// SPDX-License-Identifier: Apache-2.0
#include "base/shared_memory.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include "base/hash.h"

namespace waymark {

TEST(SealedMemory, HoldsWhatWasGivenAndCanNotBeWrittenOrCut) {
  const auto sealed = seal("test", as_octets("hello"));
  ASSERT_TRUE(sealed);

  EXPECT_TRUE(is_sealed(*sealed));
  EXPECT_LT(::write(sealed->get(), "x", 1), 0);
  EXPECT_NE(::ftruncate(sealed->get(), 1), 0);
  EXPECT_FALSE(Mapping::map(*sealed, Mapping::Access::read_write));
  const auto mapping = Mapping::map(*sealed, Mapping::Access::read, true);
  ASSERT_TRUE(mapping);
  EXPECT_EQ(as_text(mapping->view()), "hello");
}

TEST(SharedSegment, ShowsEveryHolderWhatOneWrote) {
  const auto segment = make_shared_segment("test", 4096);
  ASSERT_TRUE(segment);
  const FileDescriptor other = segment->duplicate();
  auto writer = Mapping::map(*segment, Mapping::Access::read_write);
  auto reader = Mapping::map(other, Mapping::Access::read);
  ASSERT_TRUE(writer && reader);

  writer->data()[17] = 42;

  EXPECT_EQ(reader->view()[17], 42);
  EXPECT_NE(::ftruncate(segment->get(), 1), 0);
  EXPECT_FALSE(is_sealed(*segment));
}

TEST(Mapping, OfNothingIsEmpty) {
  const auto sealed = seal("empty", {});
  ASSERT_TRUE(sealed);
  EXPECT_EQ(Mapping::map(*sealed, Mapping::Access::read)->octets(), 0U);
}

// From the xxHash specification's test of an empty input with seed 0.
TEST(ContentHash, OfNothingIsTheOneTheSpecificationGives) {
  EXPECT_EQ(ContentHash::of({}).to_string(), "99aa06d3014798d86001c324468d497f");
  EXPECT_NE(ContentHash::of(as_octets("a")), ContentHash::of(as_octets("b")));
}

}  // namespace waymark
