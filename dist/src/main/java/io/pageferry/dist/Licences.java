package io.pageferry.dist;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The licence and notice texts that jars carry. */
final class Licences {
  private static final Pattern TEXT =
      Pattern.compile("META-INF/(?:LICEN[CS]E|NOTICE)(?:\\.\\w+)?", Pattern.CASE_INSENSITIVE);

  private Licences() {}

  /** Copies the texts of all jars, each into a directory named after its jar. */
  static void extract(Path jars, Path target) throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(jars)) {
      files = list.filter(file -> file.toString().endsWith(".jar")).toList();
    }
    for (Path file : files) {
      String name = file.getFileName().toString();
      extractFrom(file, target.resolve(name.substring(0, name.length() - ".jar".length())));
    }
  }

  private static void extractFrom(Path file, Path target) throws IOException {
    try (JarFile jar = new JarFile(file.toFile())) {
      Enumeration<JarEntry> entries = jar.entries();
      while (entries.hasMoreElements()) {
        JarEntry entry = entries.nextElement();
        if (TEXT.matcher(entry.getName()).matches()) {
          Files.createDirectories(target);
          Path text = target.resolve(entry.getName().substring("META-INF/".length()));
          try (InputStream content = jar.getInputStream(entry)) {
            Files.copy(content, text, StandardCopyOption.REPLACE_EXISTING);
          }
        }
      }
    }
  }
}
