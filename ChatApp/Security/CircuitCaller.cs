using Microsoft.AspNetCore.Components.Authorization;

namespace ChatApp.Security;

/// <summary>Whose page this is: one for each circuit, and for each page that is drawn before it.</summary>
public sealed class CircuitCaller(KeyRing keys, AuthenticationStateProvider states)
{
    // Whoever has no key, where one is needed, finds nothing and may start nothing.
    private static readonly Caller Nobody = new("", "nobody") { Revoked = new CancellationToken(canceled: true) };

    private Caller? _caller;

    /// <summary>The caller, as of when the circuit began: its key may have been taken out since, which <see cref="Caller.Revoked"/> tells.</summary>
    public Caller Current => _caller ??= !keys.IsRequired ? Caller.Local : Find() ?? Nobody;

    // The framework sets the state, done, before it makes the first component.
    private Caller? Find() => states.GetAuthenticationStateAsync() is { IsCompletedSuccessfully: true } state ? KeyAuthentication.CallerOf(state.Result.User, keys) : null;
}
