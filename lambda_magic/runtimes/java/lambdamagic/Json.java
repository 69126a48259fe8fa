package lambdamagic;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON text to and from maps, lists, strings, numbers, booleans and null. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Text that is no JSON. */
    static final class Malformed extends RuntimeException {
        Malformed(String message) {
            super(message);
        }
    }

    /** The value that a text stands for. */
    static Object read(String text) {
        Json json = new Json(text);
        Object value = json.value();
        json.skipSpace();
        if (json.at < text.length()) {
            throw json.malformed();
        }
        return value;
    }

    /** The text of a value made of maps, lists, strings, numbers, booleans and null. */
    static String write(Object value) {
        StringBuilder made = new StringBuilder();
        write(value, made);
        return made.toString();
    }

    private Object value() {
        skipSpace();
        if (at == text.length()) {
            throw malformed();
        }
        switch (text.charAt(at)) {
            case '{':
                return object();
            case '[':
                return array();
            case '"':
                return string();
            case 't':
                return word("true", true);
            case 'f':
                return word("false", false);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Map<String, Object> object() {
        Map<String, Object> members = new LinkedHashMap<>();
        at++;
        if (follows('}')) {
            return members;
        }
        do {
            skipSpace();
            String name = string();
            expect(':');
            members.put(name, value());
        } while (follows(','));
        expect('}');
        return members;
    }

    private List<Object> array() {
        List<Object> items = new ArrayList<>();
        at++;
        if (follows(']')) {
            return items;
        }
        do {
            items.add(value());
        } while (follows(','));
        expect(']');
        return items;
    }

    private String string() {
        if (at >= text.length() || text.charAt(at) != '"') {
            throw malformed();
        }
        StringBuilder made = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char character = text.charAt(at);
            if (character == '"') {
                at++;
                return made.toString();
            }
            made.append(character == '\\' ? escaped() : character);
        }
        throw malformed();
    }

    /** The character that an escape stands for; leaves the position on the escape's last one. */
    private char escaped() {
        at++;
        if (at == text.length()) {
            throw malformed();
        }
        char letter = text.charAt(at);
        int known = "bfnrt".indexOf(letter);
        if (known >= 0) {
            return "\b\f\n\r\t".charAt(known);
        }
        if (letter != 'u') {
            return letter;
        }
        if (at + 4 >= text.length()) {
            throw malformed();
        }
        at += 4;
        return (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw malformed();
        }
        at += word.length();
        return value;
    }

    private Number number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String digits = text.substring(start, at);
        try {
            if (digits.chars().allMatch(c -> c == '-' || Character.isDigit(c))) {
                return whole(new BigInteger(digits));
            }
            return Double.valueOf(digits);
        } catch (NumberFormatException error) {
            throw malformed();
        }
    }

    /** The smallest type that a number fits in: what libraries for JSON make of it. */
    private static Number whole(BigInteger value) {
        if (value.bitLength() < Integer.SIZE) {
            return value.intValue();
        }
        return value.bitLength() < Long.SIZE ? (Number) value.longValue() : value;
    }

    private boolean follows(char character) {
        skipSpace();
        boolean found = at < text.length() && text.charAt(at) == character;
        if (found) {
            at++;
        }
        return found;
    }

    private void expect(char character) {
        if (!follows(character)) {
            throw malformed();
        }
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private Malformed malformed() {
        return new Malformed("Malformed JSON at character " + (at + 1));
    }

    private static void write(Object value, StringBuilder made) {
        if (value instanceof Map<?, ?> members) {
            String separator = "{";
            for (Map.Entry<?, ?> member : members.entrySet()) {
                made.append(separator);
                writeString(String.valueOf(member.getKey()), made);
                made.append(':');
                write(member.getValue(), made);
                separator = ",";
            }
            made.append(members.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> items) {
            String separator = "[";
            for (Object item : items) {
                made.append(separator);
                write(item, made);
                separator = ",";
            }
            made.append(items.isEmpty() ? "[]" : "]");
        } else if (value instanceof String string) {
            writeString(string, made);
        } else if (value instanceof BigDecimal decimal) {
            made.append(decimal.toPlainString());
        } else {
            made.append(value);
        }
    }

    private static void writeString(String string, StringBuilder made) {
        made.append('"');
        for (char character : string.toCharArray()) {
            int known = "\b\f\n\r\t\"\\".indexOf(character);
            if (known >= 0) {
                made.append('\\').append("bfnrt\"\\".charAt(known));
            } else if (character < ' ') {
                made.append(String.format("\\u%04x", (int) character));
            } else {
                made.append(character);
            }
        }
        made.append('"');
    }
}
