// SPDX-License-Identifier: ISC
// See deep.c.
import java.util.stream.Collectors;
import java.util.stream.Stream;

public class Deep {
    public static void main(String[] command) throws Exception {
        System.out.println("java " + Stream.of("KEY", "TOKEN", "PEM")
            .map(name -> name + "=" + System.getenv().getOrDefault(name, "(none)"))
            .collect(Collectors.joining(" ")) + ".");
        System.out.flush();
        if (command.length > 0) {
            System.exit(new ProcessBuilder(command).inheritIO().start().waitFor());
        }
    }
}
