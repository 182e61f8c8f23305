// SPDX-License-Identifier: ISC
// What a Java program sees, by System.getenv(name) and the map System.getenv(): see show.c.
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

public class Show {
    public static void main(String[] names) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String name : names) {
            String value = System.getenv(name);
            out.print(value == null ? "none " + name + "\0" : "look " + name + "=" + value + "\0");
        }
        for (Map.Entry<String, String> entry : new TreeMap<>(System.getenv()).entrySet())
            out.print("list " + entry.getKey() + "=" + entry.getValue() + "\0");
        out.print("ready\0");
        out.flush();
        while (System.in.read() >= 0) {
        }
    }
}
