package dev.amqpsidecar.client;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.function.Executable;

/** What a failure has to look like. */
final class Expect {
  private Expect() {}

  static SidecarException failure(
      Executable call, Status.Code code, String reason, Persisted persisted, boolean retryable) {
    SidecarException failure = assertThrows(SidecarException.class, call);
    check(failure, code, reason, persisted, retryable);
    return failure;
  }

  /** Of a call that is no publish. */
  static SidecarException failure(Executable call, Status.Code code, String reason) {
    boolean retryable = code == Status.Code.UNAVAILABLE;
    return failure(call, code, reason, Persisted.UNSPECIFIED, retryable);
  }

  static SidecarException failure(
      CompletableFuture<?> future,
      Status.Code code,
      String reason,
      Persisted persisted,
      boolean retryable) {
    SidecarException failure = failureOf(future);
    check(failure, code, reason, persisted, retryable);
    return failure;
  }

  static SidecarException failureOf(CompletableFuture<?> future) {
    ExecutionException thrown =
        assertThrows(ExecutionException.class, () -> future.get(20, TimeUnit.SECONDS));
    return assertInstanceOf(SidecarException.class, thrown.getCause());
  }

  private static void check(
      SidecarException failure,
      Status.Code code,
      String reason,
      Persisted persisted,
      boolean retryable) {
    assertAll(
        failure.toString(),
        () -> assertEquals(code, failure.code()),
        () -> assertEquals(reason, failure.reason()),
        () -> assertEquals(persisted, failure.persisted()),
        () -> assertEquals(retryable, failure.retryable()),
        () -> assertTrue(!failure.detail().isEmpty(), "a detail"),
        () ->
            assertTrue(
                failure.getMessage().startsWith((reason + " (" + code + "): ").stripLeading())));
  }
}
