namespace ChatApp.Security;

public static class CallerContext
{
    /// <summary>Who sent the request.</summary>
    public static Caller GetCaller(this HttpContext context) => context.Features.Get<Caller>() ?? new Caller(null, context.Connection.RemoteIpAddress?.ToString() ?? "local");

    /// <summary>Notes who sent the request; whoever checks the credentials calls it.</summary>
    public static void SetCaller(this HttpContext context, Caller caller) => context.Features.Set(caller);
}
