package lambdamagic;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * JSON values to and from the types of handlers: maps, lists, arrays, text, numbers, booleans,
 * enums, records, and beans with getters and setters.
 */
final class Binding {
    private Binding() {
    }

    /** A JSON value as an object of a type; throws IllegalArgumentException where it is none. */
    static Object toType(Object json, Type type) throws ReflectiveOperationException {
        Class<?> raw = rawType(type);
        if (json == null) {
            if (raw.isPrimitive()) {
                throw mismatch(json, raw);
            }
            return null;
        }
        if (raw == Object.class) {
            return json;
        }
        if (json instanceof Map<?, ?> members) {
            return ofMembers(members, type, raw);
        }
        if (json instanceof List<?> items) {
            return ofItems(items, type, raw);
        }
        if (json instanceof Number number && toNumber(number, raw) instanceof Number converted) {
            return converted;
        }
        if (json instanceof Boolean && (raw == boolean.class || raw == Boolean.class)) {
            return json;
        }
        if (raw.isAssignableFrom(String.class)) {
            return json.toString();
        }
        if (json instanceof String text && raw.isEnum()) {
            return constant(text, raw);
        }
        throw mismatch(json, raw);
    }

    /** What a value is in JSON: maps, lists, strings, numbers, booleans and null. */
    static Object toJson(Object value) throws ReflectiveOperationException {
        if (value == null || value instanceof Boolean || value instanceof String) {
            return value;
        }
        if (value instanceof Number number) {
            double plain = number.doubleValue();
            return Double.isFinite(plain) || number instanceof BigDecimal || number instanceof BigInteger
                    ? number
                    : (Object) number.toString();
        }
        if (value instanceof Enum<?> constant) {
            return constant.name();
        }
        if (value instanceof CharSequence || value instanceof Character) {
            return value.toString();
        }
        if (value instanceof Optional<?> optional) {
            return toJson(optional.orElse(null));
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> members = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                members.put(String.valueOf(entry.getKey()), toJson(entry.getValue()));
            }
            return members;
        }
        if (value instanceof Iterable<?> items) {
            List<Object> made = new ArrayList<>();
            for (Object item : items) {
                made.add(toJson(item));
            }
            return made;
        }
        if (value.getClass().isArray()) {
            List<Object> made = new ArrayList<>();
            for (int index = 0; index < Array.getLength(value); index++) {
                made.add(toJson(Array.get(value, index)));
            }
            return made;
        }
        if (value.getClass().getName().startsWith("java.")) {
            return value.toString();
        }
        return membersOf(value);
    }

    /** What a type parameter of a generic interface stands for in a class that implements it. */
    static Type resolved(Type parameter, Class<?> type) {
        if (parameter instanceof TypeVariable<?> variable) {
            for (Class<?> one = type; one != null; one = one.getSuperclass()) {
                for (Type implemented : one.getGenericInterfaces()) {
                    if (implemented instanceof ParameterizedType known
                            && known.getRawType() == variable.getGenericDeclaration()) {
                        int index = List.of(variable.getGenericDeclaration().getTypeParameters()).indexOf(variable);
                        return known.getActualTypeArguments()[index];
                    }
                }
            }
        }
        return parameter;
    }

    private static Class<?> rawType(Type type) {
        if (type instanceof Class<?> raw) {
            return raw;
        }
        return type instanceof ParameterizedType known ? (Class<?>) known.getRawType() : Object.class;
    }

    private static Type argument(Type type, int index) {
        return type instanceof ParameterizedType known ? known.getActualTypeArguments()[index] : Object.class;
    }

    private static Object ofMembers(Map<?, ?> members, Type type, Class<?> raw) throws ReflectiveOperationException {
        if (raw.isAssignableFrom(LinkedHashMap.class)) {
            Map<Object, Object> made = new LinkedHashMap<>();
            for (Map.Entry<?, ?> member : members.entrySet()) {
                made.put(member.getKey(), toType(member.getValue(), argument(type, 1)));
            }
            return made;
        }
        if (raw.isRecord()) {
            RecordComponent[] components = raw.getRecordComponents();
            Class<?>[] types = new Class<?>[components.length];
            Object[] values = new Object[components.length];
            for (int index = 0; index < components.length; index++) {
                types[index] = components[index].getType();
                values[index] = toComponent(members.get(components[index].getName()), components[index]);
            }
            Constructor<?> constructor = raw.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        }
        if (raw.isPrimitive() || raw.isArray() || raw.isInterface() || raw.getName().startsWith("java.")) {
            throw mismatch(members, raw);
        }
        return bean(members, raw);
    }

    private static Object toComponent(Object json, RecordComponent component) throws ReflectiveOperationException {
        boolean isMissing = json == null && component.getType().isPrimitive();
        // As in an object that nothing was set in.
        return isMissing ? Array.get(Array.newInstance(component.getType(), 1), 0) : toType(json, component.getGenericType());
    }

    private static Object bean(Map<?, ?> members, Class<?> raw) throws ReflectiveOperationException {
        Constructor<?> constructor = raw.getDeclaredConstructor();
        constructor.setAccessible(true);
        Object made = constructor.newInstance();
        for (Method method : raw.getMethods()) {
            if (method.getParameterCount() == 1 && method.getName().matches("set.+")) {
                String name = decapitalized(method.getName().substring(3));
                if (members.containsKey(name)) {
                    method.setAccessible(true);
                    method.invoke(made, toType(members.get(name), method.getGenericParameterTypes()[0]));
                }
            }
        }
        for (var field : raw.getFields()) {
            if (members.containsKey(field.getName()) && !Modifier.isFinal(field.getModifiers())) {
                field.setAccessible(true);
                field.set(made, toType(members.get(field.getName()), field.getGenericType()));
            }
        }
        return made;
    }

    private static Object ofItems(List<?> items, Type type, Class<?> raw) throws ReflectiveOperationException {
        if (raw.isArray()) {
            Object made = Array.newInstance(raw.getComponentType(), items.size());
            for (int index = 0; index < items.size(); index++) {
                Array.set(made, index, toType(items.get(index), raw.getComponentType()));
            }
            return made;
        }
        Collection<Object> made = raw.isAssignableFrom(ArrayList.class) ? new ArrayList<>() : new LinkedHashSet<>();
        if (!raw.isInstance(made) && raw != Set.class) {
            throw mismatch(items, raw);
        }
        for (Object item : items) {
            made.add(toType(item, argument(type, 0)));
        }
        return made;
    }

    private static Object toNumber(Number number, Class<?> raw) {
        if (raw == int.class || raw == Integer.class) {
            return number.intValue();
        }
        if (raw == long.class || raw == Long.class) {
            return number.longValue();
        }
        if (raw == double.class || raw == Double.class) {
            return number.doubleValue();
        }
        if (raw == float.class || raw == Float.class) {
            return number.floatValue();
        }
        if (raw == short.class || raw == Short.class) {
            return number.shortValue();
        }
        if (raw == byte.class || raw == Byte.class) {
            return number.byteValue();
        }
        if (raw == BigDecimal.class) {
            return new BigDecimal(number.toString());
        }
        if (raw == BigInteger.class) {
            return new BigDecimal(number.toString()).toBigInteger();
        }
        return raw == Number.class ? number : null;
    }

    private static Object constant(String name, Class<?> raw) {
        for (Object constant : raw.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(name)) {
                return constant;
            }
        }
        throw mismatch(name, raw);
    }

    private static Map<String, Object> membersOf(Object value) throws ReflectiveOperationException {
        Map<String, Object> members = new LinkedHashMap<>();
        if (value.getClass().isRecord()) {
            for (RecordComponent component : value.getClass().getRecordComponents()) {
                component.getAccessor().setAccessible(true);
                members.put(component.getName(), toJson(component.getAccessor().invoke(value)));
            }
            return members;
        }
        for (var field : value.getClass().getFields()) {
            if (!Modifier.isStatic(field.getModifiers())) {
                field.setAccessible(true);
                members.put(field.getName(), toJson(field.get(value)));
            }
        }
        for (Method method : value.getClass().getMethods()) {
            String name = getterOf(method);
            if (name != null) {
                method.setAccessible(true);
                members.put(name, toJson(method.invoke(value)));
            }
        }
        return members;
    }

    /** The member that a method gets, or null. */
    private static String getterOf(Method method) {
        boolean isOwn = method.getDeclaringClass() != Object.class && !Modifier.isStatic(method.getModifiers());
        if (!isOwn || method.getParameterCount() > 0 || method.getReturnType() == void.class) {
            return null;
        }
        String name = method.getName();
        if (name.matches("get.+")) {
            return decapitalized(name.substring(3));
        }
        return name.matches("is.+") && method.getReturnType() == boolean.class ? decapitalized(name.substring(2)) : null;
    }

    private static String decapitalized(String name) {
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    private static IllegalArgumentException mismatch(Object json, Class<?> raw) {
        String kind = json == null ? "null" : json instanceof Map ? "an object" : json instanceof List ? "an array"
                : json instanceof String ? "a string" : json instanceof Boolean ? "a boolean" : "a number";
        return new IllegalArgumentException(
                "Cannot deserialize value of type `" + raw.getTypeName() + "` from " + kind);
    }
}
