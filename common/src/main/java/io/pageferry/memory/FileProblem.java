package io.pageferry.memory;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * What is wrong with a file, in words: the messages of Java's exceptions are often no more than the
 * name of the file. Stateless; any thread.
 */
public final class FileProblem {
  private FileProblem() {}

  /** A clause without a full stop, such as "there is no such file". */
  public static String of(IOException failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "there is no such file or directory";
      case AccessDeniedException _ -> "the permissions of the file or of its directory forbid it";
      case FileAlreadyExistsException _ -> "a file of this name is in the way";
      case NotDirectoryException _ -> "it is not a directory";
      case CharacterCodingException _ -> "it is not text in UTF-8";
      case EOFException _ -> "it ended too early";
      case FileSystemException known when known.getReason() != null ->
          uncapitalized(known.getReason());
      default -> {
        String message = failure.getMessage();
        yield message == null ? failure.getClass().getSimpleName() : uncapitalized(message);
      }
    };
  }

  private static String uncapitalized(String text) {
    String clause = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    return clause.isEmpty()
        ? clause
        : Character.toLowerCase(clause.charAt(0)) + clause.substring(1);
  }
}
