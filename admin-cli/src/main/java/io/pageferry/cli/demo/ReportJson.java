package io.pageferry.cli.demo;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.pageferry.cli.output.Json;
import io.pageferry.proto.v1.Distribution;
import io.pageferry.proto.v1.FaultLatency;
import io.pageferry.proto.v1.PageCounts;
import java.util.List;

/**
 * Reports for machines: one object with {@code passed}, {@code runs} and {@code summary}. The
 * figures of the report are numbers under names of their own; {@code source} and {@code
 * destination} are the daemons' status messages as they were. Stateless.
 */
final class ReportJson {
  private ReportJson() {}

  /** All runs and their summary. */
  static JsonObject of(List<RunReport> reports) {
    JsonObject object = new JsonObject();
    object.addProperty("passed", reports.stream().allMatch(RunReport::passed));
    JsonArray runs = new JsonArray();
    reports.forEach(report -> runs.add(of(report)));
    object.add("runs", runs);
    object.add("summary", Summary.of(reports).json());
    return object;
  }

  private static JsonObject of(RunReport report) {
    JsonObject object = new JsonObject();
    DemoOptions options = report.options();
    object.addProperty("passed", report.passed());
    object.addProperty("guest", options.guest().name());
    object.addProperty("workload", options.workload());
    object.addProperty("memoryBytes", options.memoryBytes());
    object.addProperty("vcpus", options.vcpus());
    object.addProperty("seed", options.seed());
    object.addProperty("downtimeNanos", report.downtimeNanos());
    object.addProperty("sourceDowntimeNanos", report.left().getDowntimeNanos());
    object.addProperty("firstInstructionNanos", report.arrived().getFirstInstructionNanos());
    object.addProperty("totalNanos", report.left().getElapsedNanos());
    object.addProperty("throughputBytesPerSecond", report.throughput());
    object.addProperty("faults", report.arrived().getFaults());
    object.add("faultLatencyNanos", latency(report.arrived().getFaultLatency()));
    JsonArray blocktime = new JsonArray();
    report
        .destination()
        .getGuest()
        .getVcpusList()
        .forEach(vcpu -> blocktime.add(vcpu.getBlocktimeNanos()));
    object.add("blocktimeNanos", blocktime);
    object.add("pages", pages(report.arrived().getPages()));
    object.add(
        "residentBytes",
        sides(
            report.source().getGuest().getResidentBytes(),
            report.destination().getGuest().getResidentBytes()));
    object.add(
        "bookkeepingBitsPerPage",
        sides(
            report.source().getGuest().getBookkeepingBitsPerPage(),
            report.destination().getGuest().getBookkeepingBitsPerPage()));
    object.add("instructionsPerSecond", speeds(report.speeds()));
    object.add("guestCheck", guestCheck(report.guestCheck()));
    object.add("checks", checks(report));
    object.add("source", Json.of(report.source()));
    object.add("destination", Json.of(report.destination()));
    return object;
  }

  private static JsonObject latency(FaultLatency latency) {
    JsonObject object = new JsonObject();
    object.add("total", distribution(latency.getTotal()));
    object.add("queue", distribution(latency.getQueue()));
    object.add("wire", distribution(latency.getWire()));
    object.add("install", distribution(latency.getInstall()));
    object.add("resume", distribution(latency.getResume()));
    return object;
  }

  private static JsonObject distribution(Distribution values) {
    JsonObject object = new JsonObject();
    object.addProperty("count", values.getCount());
    object.addProperty("min", values.getMin());
    object.addProperty("p50", values.getP50());
    object.addProperty("p90", values.getP90());
    object.addProperty("p99", values.getP99());
    object.addProperty("p999", values.getP999());
    object.addProperty("max", values.getMax());
    object.addProperty("mean", values.getMean());
    return object;
  }

  private static JsonObject pages(PageCounts pages) {
    JsonObject object = new JsonObject();
    object.addProperty("total", pages.getTotal());
    object.addProperty("demand", pages.getDemand());
    object.addProperty("drain", pages.getDrain());
    object.addProperty("zero", pages.getZero());
    object.addProperty("duplicate", pages.getDuplicate());
    object.addProperty("present", pages.getPresent());
    return object;
  }

  private static JsonObject sides(Number source, Number destination) {
    JsonObject object = new JsonObject();
    object.addProperty("source", source);
    object.addProperty("destination", destination);
    return object;
  }

  private static JsonObject speeds(RunReport.Speeds speeds) {
    JsonObject object = new JsonObject();
    object.addProperty("before", speeds.before());
    object.addProperty("during", speeds.during());
    object.addProperty("after", speeds.after());
    return object;
  }

  private static JsonObject guestCheck(RunReport.GuestCheck check) {
    JsonObject object = new JsonObject();
    object.addProperty("passed", check.passed());
    object.addProperty("exitCode", check.exitCode());
    object.addProperty("line", check.line());
    return object;
  }

  private static JsonArray checks(RunReport report) {
    JsonArray array = new JsonArray();
    for (RunReport.Check check : report.checks()) {
      JsonObject object = new JsonObject();
      object.addProperty("name", check.name());
      object.addProperty("passed", check.passed());
      object.addProperty("detail", check.detail());
      array.add(object);
    }
    return array;
  }
}
