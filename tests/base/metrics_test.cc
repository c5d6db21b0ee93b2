// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <gtest/gtest.h>

namespace waymark {

// The exposition format's own example form: HELP, TYPE, then one line a sample.
TEST(Metrics, AreWrittenInPrometheusText) {
  const std::string text = to_prometheus_text({{"waymark_dns_queries_total",
                                                "Queries.",
                                                MetricFamily::Type::counter,
                                                {{{{"proto", "udp"}}, 3, {}, 0}}}});

  EXPECT_NE(text.find("# HELP waymark_dns_queries_total Queries.\n"), std::string::npos);
  EXPECT_NE(text.find("# TYPE waymark_dns_queries_total counter\n"), std::string::npos);
  EXPECT_NE(text.find("waymark_dns_queries_total{proto=\"udp\"} 3\n"), std::string::npos);
}

TEST(Metrics, HistogramsEndWithTheBucketOfEverything) {
  const std::string text = to_prometheus_text(
      {{"h", "H.", MetricFamily::Type::histogram, {{{}, 5, {{0.1, 2}, {1, 4}}, 2.5}}}});

  EXPECT_NE(text.find("h_bucket{le=\"0.1\"} 2"), std::string::npos);
  EXPECT_NE(text.find("h_bucket{le=\"+Inf\"} 5"), std::string::npos);
  EXPECT_NE(text.find("h_sum 2.5"), std::string::npos);
  EXPECT_NE(text.find("h_count 5"), std::string::npos);
}

// OpenMetrics 1.0, "Counter" and "EOF".
TEST(Metrics, AreWrittenInOpenMetrics) {
  const std::string text = to_openmetrics_text(
      {{"waymark_changes_total", "All.", MetricFamily::Type::counter, {{{}, 3, {}, 0}}},
       {"waymark_zones", "Zones.", MetricFamily::Type::gauge, {{{}, 2, {}, 0}}}});

  EXPECT_EQ(text,
            "# HELP waymark_changes All.\n# TYPE waymark_changes counter\nwaymark_changes_total 3\n"
            "# HELP waymark_zones Zones.\n# TYPE waymark_zones gauge\nwaymark_zones 2\n# EOF\n");
}

}  // namespace waymark
