// SPDX-License-Identifier: Apache-2.0
#include "api/route53/sigv4.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

// The secret, time and signatures of AWS's published test suite and of its IAM example.
constexpr std::string_view secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TimePoint suite_time = TimePoint(std::chrono::seconds(1'440'938'160));  // 2015-08-30 12:36:00

using Headers = std::vector<std::pair<std::string, std::string>>;

RawRequest suite(std::string method, std::string target, Headers more = {}, std::string body = {}) {
  RawRequest request{std::move(method),
                     std::move(target),
                     {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}},
                     std::move(body)};
  request.headers.insert(request.headers.end(), more.begin(), more.end());
  return request;
}

std::string signed_by(const RawRequest& request, std::vector<std::string> names,
                      const std::string& service = "service") {
  const SignatureClaim claim{"AKIDEXAMPLE",    "20150830", "us-east-1",       service,
                             std::move(names), {},         "20150830T123600Z"};
  return signature_of(claim, canonical_request(request, claim.signed_headers), secret);
}

TEST(SigV4, AgreesWithThePublishedVectors) {
  const std::vector<std::string> plain{"host", "x-amz-date"};
  EXPECT_EQ(signed_by(suite("GET", "/"), plain),  // get-vanilla
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(signed_by(suite("GET", "/?Param2=value2&Param1=value1"), plain),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(signed_by(suite("POST", "/"), plain),  // post-vanilla
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  EXPECT_EQ(
      signed_by(suite("GET", "/", {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}),
                {"host", "my-header1", "my-header2", "x-amz-date"}),  // get-header-value-trim
      "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
  EXPECT_EQ(signed_by(suite("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}},
                            "Param1=value1"),
                      {"content-type", "host", "x-amz-date"}),  // post-x-www-form-urlencoded
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST(SigV4, AgreesWithTheIamExample) {
  const RawRequest request{"GET",
                           "/?Action=ListUsers&Version=2010-05-08",
                           {{"host", "iam.amazonaws.com"},
                            {"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
                            {"x-amz-date", "20150830T123600Z"}},
                           {}};
  EXPECT_EQ(signed_by(request, {"content-type", "host", "x-amz-date"}, "iam"),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(SigV4, NormalizesThePathAndEncodesItOnceMore) {
  const std::vector<std::string> plain{"host", "x-amz-date"};
  EXPECT_EQ(signed_by(suite("GET", "/example/.."), plain), signed_by(suite("GET", "/"), plain));
  EXPECT_EQ(signed_by(suite("GET", "//example//"), plain),  // get-slashes
            "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84");
  // As botocore 1.29 signs it.
  RawRequest zone = suite("GET",
                          "/2013-04-01/hostedzone/%2Fhostedzone%2FZ1/"
                          "rrset?name=%2A.example.com&maxitems=5");
  zone.headers[0].second = "route53.amazonaws.com";
  EXPECT_EQ(signed_by(zone, plain, "route53"),
            "0e53acd2606021a97a6b6f4821bbd6792dbde4b4e5b72f85b20325987e057410");
}

/// A request that is good but for what a test changes.
struct Claimed {
  std::string algorithm = "AWS4-HMAC-SHA256";
  std::string scope = "AKIDEXAMPLE/20150830/eu-west-1/route53/aws4_request";
  std::string names = "host;x-amz-date";
  std::string target = "/2013-04-01/hostedzone";
  Headers more = {};
  Duration late = {};

  AwsResult<SignatureClaim> read() const {
    RawRequest request = suite("GET", target, more);
    request.headers.emplace_back("Authorization", algorithm + " Credential=" + scope +
                                                      ", SignedHeaders=" + names +
                                                      ", Signature=" + std::string(64, 'a'));
    return read_claim(request, "route53", suite_time + late);
  }
  std::string code() const {
    const auto claim = read();
    return claim ? "" : claim.error().code;
  }
};

TEST(SigV4, ReadsAClaimOfAnyRegion) {
  const auto claim = Claimed{}.read();
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->key_id, "AKIDEXAMPLE");
  EXPECT_EQ(claim->region, "eu-west-1");
  EXPECT_EQ(claim->time, "20150830T123600Z");
}

TEST(SigV4, AcceptsFiveMinutesOfSkewBothWays) {
  using namespace std::chrono_literals;
  for (const Duration late : {Duration(5min), Duration(-5min)})
    EXPECT_EQ((Claimed{.late = late}.code()), "");
  for (const Duration late : {Duration(5min + 1s), Duration(-5min - 1s)})
    EXPECT_EQ((Claimed{.late = late}.code()), "RequestExpired");
}

// 2^64 ns before and after, and years that no clock of ours reaches.
TEST(SigV4, AcceptsNoTimeOfAnotherCentury) {
  for (const std::string time : {"26000320T121033Z", "14310209T130127Z", "00000830T123600Z",
                                 "99991231T235959Z", "22620830T123600Z"}) {
    RawRequest request = suite("GET", "/2013-04-01/hostedzone", {});
    for (auto& [name, value] : request.headers)
      if (name == "X-Amz-Date" || name == "x-amz-date") value = time;
    request.headers.emplace_back(
        "Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" + time.substr(0, 8) +
                             "/eu-west-1/route53/aws4_request, SignedHeaders=host;x-amz-date, "
                             "Signature=" +
                             std::string(64, 'a'));
    const auto claim = read_claim(request, "route53", suite_time);
    ASSERT_FALSE(claim) << time;
    EXPECT_EQ(claim.error().code, "IncompleteSignature") << time;
  }
}

// get-vanilla of the first published suite, whose requests have no x-amz-date.
TEST(SigV4, TakesTheTimeOfDateWhereThereIsNoOther) {
  const auto dated = [](const std::string& date, const std::string& names = "date;host") {
    return RawRequest{"GET",
                      "/",
                      {{"Host", "host.foo.com"},
                       {"Date", date},
                       {"Authorization",
                        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20110909/us-east-1/host/"
                        "aws4_request, SignedHeaders=" +
                            names +
                            ", Signature=b27ccfbfa7df52a200ff74193ca6e32d4b48b8856fab7ebf1c595d067"
                            "0a7e470"}},
                      {}};
  };
  const TimePoint then = TimePoint(std::chrono::seconds(1'315'611'360));  // 2011-09-09 23:36:00
  const RawRequest published = dated("Mon, 09 Sep 2011 23:36:00 GMT");
  const auto claim = read_claim(published, "host", then);
  ASSERT_TRUE(claim) << claim.error().message;
  EXPECT_EQ(claim->time, "20110909T233600Z");
  EXPECT_EQ(claim->at, then);
  EXPECT_TRUE(is_signed_with(published, *claim, secret));
  for (const char* const date : {"Fri, 09 Sep 2011 23:36:00 -0000", "20110909T233600Z"})
    EXPECT_TRUE(read_claim(dated(date), "host", then)) << date;
  for (const char* const date : {"Fri, 09 Sep 2011 23:36:00 CET", "Fri, 09 Sep 2011 23:36:00",
                                 "Fri, 9 Sep 2011 23:36:00 GMT", "Fri, 09 Sex 2011 23:36:00 GMT",
                                 "Fri, 09 epO 2011 23:36:00 GMT", "Fri, 09 Sep 2011 2x:36:00 GMT",
                                 "Fri, 31 Sep 2011 23:36:00 GMT", "Friday, 09-Sep-11 23:36:00 GMT"})
    EXPECT_EQ(read_claim(dated(date), "host", then).error().code, "IncompleteSignature") << date;
  EXPECT_EQ(read_claim(dated("Fri, 09 Sep 2011 23:36:00 GMT", "host"), "host", then).error().code,
            "IncompleteSignature");
  EXPECT_EQ(
      read_claim(dated("Fri, 09 Sep 2011 23:36:00 GMT"), "host", then + std::chrono::minutes(6))
          .error()
          .code,
      "RequestExpired");
}

TEST(SigV4, RefusesWhatIsNotOneSignedHeader) {
  EXPECT_EQ(read_claim(suite("GET", "/"), "route53", suite_time).error().code,
            "MissingAuthenticationToken");
  const std::string good = "x/20150830/us-east-1/route53/aws4_request";
  const std::vector<Claimed> incomplete = {
      {.algorithm = "AWS4-HMAC-SHA1"},
      {.algorithm = "AWS3-HTTPS"},
      {.algorithm = "Bearer"},
      {.algorithm = "AWS4-HMAC-SHA256,"},
      {.scope = "AKIDEXAMPLE"},
      {.scope = "/20150830/us-east-1/route53/aws4_request"},
      {.scope = "x/20150830/us-east-1/route53/aws5_request"},
      {.scope = "x/20150830/us-east-1/route53/aws4_request/more"},
      {.scope = "x/2015083O/us-east-1/route53/aws4_request"},
      {.scope = "x/20150829/us-east-1/route53/aws4_request"},
      {.scope = "x/2015/us-east-1/route53/aws4_request"},
      {.scope = "x/20150830//route53/aws4_request"},
      {.scope = good + ", Credential=" + good},
      {.scope = good + ", Surprise=1"},
      {.names = ""},
      {.names = "host"},
      {.names = "x-amz-date"},
      {.names = "x-amz-date;host"},
      {.names = "host;host;x-amz-date"},
      {.names = "Host;x-amz-date"},
      {.names = "accept;host;x-amz-date"},
      {.target = "/?X-Amz-Signature=a"},
      {.target = "/?x%2Damz%2Dcredential=a"},
      {.more = {{"X-Amz-Security-Token", "t"}}},
      {.more = {{"X-Amz-Date", "20150830T123600Z"}}},
      {.more = {{"Authorization", "AWS4-HMAC-SHA256 Credential=" + good}}},
  };
  for (std::size_t i = 0; i < incomplete.size(); ++i)
    EXPECT_EQ(incomplete[i].code(), "IncompleteSignature") << i;
  EXPECT_EQ((Claimed{.more = {{"X-Amzn-Authorization", "AWS3-HTTPS a"}}}.code()),
            "MissingAuthenticationToken");
  EXPECT_EQ((Claimed{.scope = "x/20150830/us-east-1/s3/aws4_request"}.code()),
            "SignatureDoesNotMatch");
}

TEST(SigV4, RefusesATimeThatIsNone) {
  for (const std::string time : {"20150830", "20150230T123600Z", "20151330T123600Z",
                                 "20150830T243600Z", "20150830T12:600Z", "2015-830T123600Z"}) {
    RawRequest request = suite("GET", "/");
    request.headers[1].second = time;
    request.headers.emplace_back("Authorization",
                                 "AWS4-HMAC-SHA256 Credential=x/20150830/r/route53/aws4_request, "
                                 "SignedHeaders=host;x-amz-date, Signature=" +
                                     std::string(64, 'a'));
    EXPECT_EQ(read_claim(request, "route53", suite_time).error().code, "IncompleteSignature")
        << time;
  }
}

TEST(SigV4, BelievesNoHashButThatOfTheBody) {
  const auto told = [](const std::string& hash) {
    return Claimed{.names = "host;x-amz-content-sha256;x-amz-date",
                   .more = {{"X-Amz-Content-Sha256", hash}}}
        .code();
  };
  EXPECT_EQ(told("UNSIGNED-PAYLOAD"), "SignatureDoesNotMatch");
  EXPECT_EQ(told("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), "SignatureDoesNotMatch");
  EXPECT_EQ(told("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), "");
}

TEST(SigV4, EveryDigitOfTheSignatureCounts) {
  const RawRequest request = suite("GET", "/2013-04-01/hostedzone");
  SignatureClaim claim{"AKIDEXAMPLE",          "20150830", "us-east-1",       "route53",
                       {"host", "x-amz-date"}, {},         "20150830T123600Z"};
  const std::string good =
      signature_of(claim, canonical_request(request, claim.signed_headers), secret);
  for (std::size_t i = 0; i < good.size(); ++i) {
    claim.signature = good;
    claim.signature[i] = good[i] == '0' ? '1' : '0';
    EXPECT_FALSE(is_signed_with(request, claim, secret)) << i;
  }
  for (const std::string& cut : {std::string(), good.substr(1), good.substr(0, 63), good + "0"}) {
    claim.signature = cut;
    EXPECT_FALSE(is_signed_with(request, claim, secret)) << cut.size();
  }
  claim.signature = good;
  EXPECT_TRUE(is_signed_with(request, claim, secret));
}

TEST(SigV4, TheScopeAndTheTimeAreSigned) {
  const RawRequest request = suite("GET", "/");
  const SignatureClaim signed_for{"AKIDEXAMPLE",          "20150830", "us-east-1",       "route53",
                                  {"host", "x-amz-date"}, {},         "20150830T123600Z"};
  const std::string signature =
      signature_of(signed_for, canonical_request(request, signed_for.signed_headers), secret);
  const auto holds = [&](auto change) {
    SignatureClaim claim = signed_for;
    claim.signature = signature;
    change(claim);
    return is_signed_with(request, claim, secret);
  };
  EXPECT_TRUE(holds([](SignatureClaim&) {}));
  EXPECT_FALSE(holds([](SignatureClaim& c) { c.date = "20150831"; }));
  EXPECT_FALSE(holds([](SignatureClaim& c) { c.region = "us-east-2"; }));
  EXPECT_FALSE(holds([](SignatureClaim& c) { c.service = "servicediscovery"; }));
  EXPECT_FALSE(holds([](SignatureClaim& c) { c.time = "20150830T123601Z"; }));
  EXPECT_FALSE(holds([](SignatureClaim& c) { c.signed_headers = {"host"}; }));
}

TEST(SigV4, IsBrokenByEveryChange) {
  RawRequest request = suite("POST", "/a?b=c", {{"Content-Type", "text/xml"}}, "<body/>");
  SignatureClaim claim{"AKIDEXAMPLE",
                       "20150830",
                       "us-east-1",
                       "route53",
                       {"content-type", "host", "x-amz-date"},
                       {},
                       "20150830T123600Z"};
  claim.signature = signature_of(claim, canonical_request(request, claim.signed_headers), secret);
  ASSERT_TRUE(is_signed_with(request, claim, secret));
  EXPECT_FALSE(is_signed_with(request, claim, "another secret"));
  const auto changed = [&](auto change) {
    RawRequest other = request;
    change(other);
    return is_signed_with(other, claim, secret);
  };
  EXPECT_FALSE(changed([](RawRequest& r) { r.method = "GET"; }));
  EXPECT_FALSE(changed([](RawRequest& r) { r.target = "/b?b=c"; }));
  EXPECT_FALSE(changed([](RawRequest& r) { r.target = "/a?b=d"; }));
  EXPECT_FALSE(changed([](RawRequest& r) { r.headers[0].second = "other.example"; }));
  EXPECT_FALSE(changed([](RawRequest& r) { r.headers[2].second = "text/plain"; }));
  EXPECT_FALSE(changed([](RawRequest& r) { r.headers.push_back(r.headers[2]); }));
  EXPECT_FALSE(changed([](RawRequest& r) { r.body = "<body />"; }));
  EXPECT_TRUE(changed([](RawRequest& r) { r.headers.emplace_back("Via", "proxy"); }));
}

}  // namespace
}  // namespace waymark::api
