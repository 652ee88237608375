package io.pageferry.cli.guest;

import io.pageferry.client.AdminClient;
import io.pageferry.client.FerryException;
import io.pageferry.config.cli.ExitCode;
import io.pageferry.proto.v1.PoisonPageRequest;
import io.pageferry.proto.v1.UnpoisonPagesRequest;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Commands on pages whose data is lost. */
final class PoisonCommands {
  private PoisonCommands() {}

  private static long address(String text) {
    try {
      return text.startsWith("0x")
          ? Long.parseUnsignedLong(text.substring(2), 16)
          : Long.parseUnsignedLong(text);
    } catch (NumberFormatException _) {
      throw new FerryException(
          ExitCode.USAGE, "'" + text + "' is not an address; write it like 0x80001000.");
    }
  }

  @Command(
      name = "poison",
      description = {
        "Declare the data of a page lost, as if its memory had failed.",
        "Each access to it raises a machine check in the guest. For rehearsals of failures."
      })
  static final class Poison extends GuestRunCommands.OneCall {
    @Parameters(paramLabel = "ADDRESS", description = "Guest physical address, such as 0x80100000.")
    private String address = "";

    @Override
    Answer ask(AdminClient client) {
      PoisonPageRequest request =
          PoisonPageRequest.newBuilder()
              .setGuest(client.guest())
              .setGuestPhysicalAddress(address(address))
              .build();
      var response = client.call(stub -> stub.poisonPage(request));
      return new Answer(
          response,
          "The data of the page at %s is lost at %s; the guest has %d such pages."
              .formatted(address, client.description(), response.getPoisonedPages()));
    }
  }

  @Command(
      name = "unpoison",
      description = "Make pages whose data was lost pages of zeros that the guest can use.")
  static final class Unpoison extends GuestRunCommands.OneCall {
    @Parameters(
        arity = "0..*",
        paramLabel = "ADDRESS",
        description = "Guest physical address of each page (default: all pages that are lost).")
    private List<String> addresses = new ArrayList<>();

    @Override
    Answer ask(AdminClient client) {
      UnpoisonPagesRequest.Builder request =
          UnpoisonPagesRequest.newBuilder().setGuest(client.guest());
      addresses.forEach(text -> request.addGuestPhysicalAddress(address(text)));
      var response = client.call(stub -> stub.unpoisonPages(request.build()));
      return new Answer(
          response,
          "%d pages are zero now and can be used at %s; the guest has %d left whose data is lost."
              .formatted(
                  response.getUnpoisonedPages(),
                  client.description(),
                  response.getPoisonedPages()));
    }
  }
}
