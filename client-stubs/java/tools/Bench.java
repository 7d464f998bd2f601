/** To come. */
final class Bench {}
