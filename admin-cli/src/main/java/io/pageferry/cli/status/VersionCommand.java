package io.pageferry.cli.status;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.pageferry.cli.daemons.SharedOptions;
import io.pageferry.cli.output.Json;
import io.pageferry.cli.output.Printer;
import io.pageferry.client.AdminClient;
import io.pageferry.client.Daemons;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.GetVersionRequest;
import io.pageferry.proto.v1.GetVersionResponse;
import io.pageferry.text.PlainText;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Versions of this program and of both daemons. */
@Command(
    name = "version",
    description = {"Versions of this program and of both daemons.", "Daemons need not run."})
public final class VersionCommand implements Callable<Integer> {
  @Mixin private SharedOptions options = new SharedOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = Printer.of(spec);
    try (Daemons daemons = options.connectBoth()) {
      Answer source = ask(daemons.source());
      Answer destination = ask(daemons.destination());
      if (options.json()) {
        JsonObject object = new JsonObject();
        object.addProperty("ferry", softwareVersion());
        object.add("source", source.json());
        object.add("destination", destination.json());
        out.println(Json.text(object));
      } else {
        out.println("ferry        " + softwareVersion());
        out.println("source       " + source.text());
        out.println("destination  " + destination.text());
      }
    }
    return ExitCode.OK.number();
  }

  private static Answer ask(AdminClient client) {
    try {
      return new Answer(
          client.call(stub -> stub.getVersion(GetVersionRequest.getDefaultInstance())), "");
    } catch (FerryException e) {
      return new Answer(null, e.sentence());
    }
  }

  private static String softwareVersion() {
    String version = VersionCommand.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  private record Answer(@Nullable GetVersionResponse version, String failure) {
    String text() {
      return version == null
          ? failure
          : "%s, protocol %d to %d"
              .formatted(
                  PlainText.of(version.getSoftwareVersion()),
                  version.getProtocolVersions().getMinimum(),
                  version.getProtocolVersions().getMaximum());
    }

    JsonElement json() {
      return Json.of(version);
    }
  }
}
