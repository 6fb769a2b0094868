using System.Net;

namespace ChatApp.Security;

public static class CallerContext
{
    /// <summary>Who sent the request.</summary>
    public static Caller GetCaller(this HttpContext context) => context.Features.Get<Caller>() ?? AnybodyAt(context.Connection.RemoteIpAddress);

    /// <summary>Notes who sent the request; whoever checks the credentials calls it.</summary>
    public static void SetCaller(this HttpContext context, Caller caller) => context.Features.Set(caller);

    // Programs on this machine and the page share one allowance.
    private static Caller AnybodyAt(IPAddress? address) => address is null || IPAddress.IsLoopback(address) ? Caller.Local : new Caller(null, $"address:{address}");
}
