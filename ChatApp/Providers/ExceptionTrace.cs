using System.Text;

namespace ChatApp.Providers;

/// <summary>What a log may hold of an exception: which types it is made of and where it was thrown. Messages may quote what somebody wrote.</summary>
internal static class ExceptionTrace
{
    internal static string Of(Exception exception)
    {
        var trace = new StringBuilder();
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            trace.Append(cause == exception ? "" : "\ncaused by ").Append(cause.GetType().Name).Append('\n').Append(cause.StackTrace);
        }

        return trace.ToString();
    }
}
