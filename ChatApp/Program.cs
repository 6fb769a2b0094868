using ChatApp;
using ChatApp.Api;
using ChatApp.Api.Native;
using ChatApp.Conversations;
using ChatApp.Runs;
using ChatApp.Security;

Durations.Register();
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddRuns();
builder.Services.AddConversations();
builder.Services.AddApi();

var app = builder.Build();
app.UseSecurityHeaders();
app.MapHealth();
app.MapNative();
await app.RunAsync();
